import type { DriverPlugin } from '@kedge/object-store';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { FilesystemDriver } from './filesystem-driver.js';

export { FilesystemDriver } from './filesystem-driver.js';

const configSchema = z.object({
  archive_data_dir: z
    .string({ error: 'is required: the absolute path of a directory for the objects alone' })
    .refine(isAbsolute, 'must be an absolute path')
    .describe('absolute path of a directory that holds nothing else; created when missing'),
});

/** Content as files below `archive_data_dir`. */
export const kedgeDriver: DriverPlugin<z.output<typeof configSchema>> = {
  apiVersion: 1,
  name: 'localfs',
  scheme: 'file',
  description: 'content as files below a directory',
  configSchema,
  create: (config) => new FilesystemDriver(config.archive_data_dir),
};
