import { StorageError } from '@kedge/object-store';
import { isAbsolute } from 'node:path';
import { sqliteDriver } from './sqlite-driver.js';

/** @typedef {{ file: string }} Settings what `storage_driver.config` may say */

/**
 * Any Standard Schema would do here (zod, Valibot, ArkType ...), and saves the writing. This is one by hand: `parse` checks,
 * and `jsonSchema` says what `anchore-manager objectstorage list-drivers` prints.
 */
const configSchema = {
  /** @param {any} config untrusted @returns {Settings} */
  parse({ file }) {
    if (typeof file === 'string' && isAbsolute(file)) return { file };
    throw new StorageError('invalid_config', 'file must be the absolute path of the SQLite file');
  },
  '~standard': {
    jsonSchema: {
      input: () => ({
        properties: { file: { type: 'string', description: 'absolute path of the SQLite file; made when missing' } },
        required: ['file'],
      }),
    },
  },
};

/** @type {import('@kedge/object-store').DriverPlugin<Settings>} */
export const kedgeDriver = {
  apiVersion: 1,
  name: 'sqlite',
  scheme: 'sqlite',
  description: 'content in one SQLite file, for an installation on one machine',
  configSchema,
  create: ({ file }) => sqliteDriver(file),
};
