import { kedgeDriver as db } from '@kedge/driver-db';
import { kedgeDriver as filesystem } from '@kedge/driver-filesystem';
import { kedgeDriver as s3 } from '@kedge/driver-s3';
import { kedgeDriver as swift } from '@kedge/driver-swift';
import { DriverRegistry } from '@kedge/object-store';

/** A registry with every driver that comes with Kedge. The only list of them. */
export function builtinDrivers(): DriverRegistry {
  return new DriverRegistry().register(filesystem).register(db).register(s3).register(swift);
}
