import { ObjectStore, StorageError, type DriverRegistry, type ObjectId } from '@kedge/object-store';
import type { Command } from 'commander';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../command/context.js';
import { withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { EXIT, ExitCode } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';
import { openSide, storageSection } from './storage-section.js';

const TEST_KEYS = ['cliconfigtest', 'cliconfigtest2'];
const TEST_BUCKET = 'anchorecliconfigtest';
const TEST_ACCOUNT = 'test';

/** `check`: proves a storage section by writing, reading and deleting one object through it. */
export function addCheckCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const { console } = context;
  const log = (message: string): void => console.log('INFO', 'objectstorage', 'check', message);
  addHelpNotes(
    group
      .command('check <configfile>')
      .description('prove that the storage section of a configuration works: write, read and delete one test object')
      .option('--analysis-archive', 'check services.catalog.analysis_archive instead of object_store'),
    {
      examples: ['objectstorage check new.yaml'],
      exitCodes: { 0: 'it works', 2: 'wrong usage, configuration or database', 5: 'the storage does not work' },
    },
  ).action(async (file: string, _options, command: Command) => {
    const options = command.optsWithGlobals<DatabaseOptions & { analysisArchive?: boolean }>();
    const section = storageSection(file, { analysisArchive: options.analysisArchive ?? false, role: '' }, context);
    await withDatabase(options, context, async ({ sql }) => {
      log(`Using config file ${file}`);
      const side = await openSide(section, { registry, sql });
      try {
        console.log('INFO', 'operations', 'initialize', 'Archive initialization complete');
        const store = new ObjectStore({ driver: side.driver, sql, compression: side.compression });
        await proveStore(store, log);
      } finally {
        await side.driver.close();
      }
      const message = 'Archive config check completed successfully';
      log(message);
      console.result(
        { status: 'ok', config: section.configFile, driver: side.name, place: side.driver.place },
        message,
      );
    });
  });
}

async function proveStore(store: ObjectStore, log: (message: string) => void): Promise<void> {
  const id = await freeTestId(store, log);
  const tail = `user_id = ${id.account}, bucket = ${id.bucket} and archive_id = ${id.key}`;
  const written = `clitesting at ${new Date().toISOString()}`;
  log(`Creating test document with ${tail}`);
  await store.put(id, written);
  let found: string | undefined;
  try {
    log('Checking document fetch');
    const object = await store.get(id);
    found = object && (await text(object.body));
  } finally {
    log('Removing test object');
    await store.delete(id);
  }
  if (found !== written) {
    throw new StorageError('integrity', 'the test object was read back with other content than it was written with');
  }
  if (await store.stat(id)) throw new ExitCode(EXIT.objectStore, 'the test object is still there after it was deleted');
}

async function freeTestId(store: ObjectStore, log: (message: string) => void): Promise<ObjectId> {
  for (const key of TEST_KEYS) {
    const id = { account: TEST_ACCOUNT, bucket: TEST_BUCKET, key };
    log(
      `Checking existence of test document with user_id = ${id.account}, bucket = ${id.bucket} and archive_id = ${id.key}`,
    );
    if (!(await store.stat(id))) return id;
  }
  throw new ExitCode(
    EXIT.objectStore,
    `both test objects (${TEST_KEYS.join(', ')}) in bucket ${TEST_BUCKET} exist already; another check is running, or delete them`,
  );
}
