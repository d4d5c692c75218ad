import { StorageError, type DriverPlugin } from '@kedge/object-store';
import { z } from 'zod';
import { DbDriver } from './db-driver.js';

export { DbDriver } from './db-driver.js';

/** Content in the service's own PostgreSQL database. Takes no settings; whatever `config` holds is ignored. */
export const kedgeDriver: DriverPlugin = {
  apiVersion: 1,
  name: 'db',
  scheme: 'db',
  description: "content in the service's PostgreSQL database",
  configSchema: z.looseObject({}).nullish(),
  create(_config, { sql }) {
    if (!sql) throw new StorageError('invalid_config', 'storage driver "db" needs a database connection');
    return new DbDriver(sql);
  },
};
