import type { DriverPlugin } from '@kedge/object-store';
import { S3Driver } from './s3-driver.js';
import { configSchema, type S3Settings } from './settings.js';

export { S3Driver } from './s3-driver.js';
export type { S3Settings } from './settings.js';

/** Content as objects of a bucket at AWS S3 or any service that speaks its protocol. */
export const kedgeDriver: DriverPlugin<S3Settings> = {
  apiVersion: 1,
  name: 's3',
  scheme: 's3',
  description: 'content as objects of a bucket at AWS S3 or a service that speaks its protocol',
  configSchema,
  create: (settings) => new S3Driver(settings),
};
