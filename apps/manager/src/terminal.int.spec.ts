import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { builtinDrivers } from '@kedge/drivers';
import { ObjectStore } from '@kedge/object-store';
import type { Command } from 'commander';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify, stripVTControlCharacters } from 'node:util';
import { stringify } from 'yaml';
import { managerProgram } from './manager.js';
import { startProgram } from './testing/deployment.js';

/** The built program as an operator meets it: on a terminal, interrupted, in a pipe. */
const WIDTH = 80;
const MANAGER = join(__dirname, '../../../dist/apps/manager/main.js');
const OBJECTS = 12;
const BEGUN = `Migrating ${OBJECTS} documents`;

let database: TestDatabase;
let folder: string;
let db: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kedge-terminal-'));
  db = await config('db', { name: 'db', config: {} });
  environment = { ...process.env, NODE_OPTIONS: '', ANCHORE_DB_CONNECT: database.url };
  const driver = builtinDrivers().createDriver({ name: 'db', config: {} }, { sql: database.sql });
  const compression = { enabled: false, min_size_kbytes: 0, codec: 'zstd' as const };
  const store = new ObjectStore({ driver, sql: database.sql, compression });
  for (let n = 0; n < OBJECTS; n += 1) {
    await store.put({ account: 'admin', bucket: 'policy_bundles', key: `k${n}` }, 'content '.repeat(4000));
  }
}, 60_000);
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function config(name: string, driver: object): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, stringify({ services: { catalog: { object_store: { storage_driver: driver } } } }));
  return file;
}

function files(name: string): Promise<string> {
  return config(name, { name: 'localfs', config: { archive_data_dir: join(folder, name) } });
}

/** What command lines show on a terminal, raw, with log lines only when they are asked for. */
async function onTerminal(lines: string[], logs: '' | '2>/dev/null'): Promise<string> {
  const commands = lines.map((line) => `"${process.execPath}" "${MANAGER}" ${line} ${logs}`);
  const script = ['-qec', `stty cols ${WIDTH} rows 24; ${commands.join('; ')}`, '/dev/null'];
  const { stdout } = await promisify(execFile)('script', script, { env: environment, maxBuffer: 1 << 24 });
  return stdout;
}

it('is a command in the folder of installed programs', async () => {
  const command = join(__dirname, '../../../node_modules/.bin/anchore-manager');
  const { stdout } = await promisify(execFile)(command, ['--json', 'db', 'check'], { env: environment });
  expect(JSON.parse(stdout)).toMatchObject({ current: true });
});

it('a migration on a terminal shows how far it is and leaves the terminal as it was', async () => {
  const raw = await onTerminal([`objectstorage migrate --dontask --bwlimit 200K ${db} ${await files('one')}`], '');
  const bars = raw.split(/\x1b\[1G|[\r\n]/).filter((line) => line.includes(' to go '));
  expect(bars.length).toBeGreaterThan(2);
  for (const bar of bars) expect(stripVTControlCharacters(bar).length).toBeLessThanOrEqual(WIDTH);
  expect(bars.map((bar) => stripVTControlCharacters(bar))).toContainEqual(
    expect.stringMatching(/^=+-+ \d+% \| \d+\/12 \| [\d.]+ \w+\/s \| \d+ s to go \| 0 failed/),
  );
  for (const [off, on] of [
    ['\x1b[?25l', '\x1b[?25h'],
    ['\x1b[?7l', '\x1b[?7h'],
  ] as const) {
    expect(raw.split(off).length).toBe(raw.split(on).length);
    expect(raw.lastIndexOf(on)).toBeGreaterThan(raw.lastIndexOf(off));
  }
  expect(raw).toContain('12 of 12 objects moved and proven');
});

it('nothing that is listed is wider than the terminal', async () => {
  const lines = ['list-migrations', 'show-migration 1', 'list-drivers', `doctor ${await files('one')}`];
  const shown = await onTerminal(
    lines.map((line) => `objectstorage ${line}`),
    '2>/dev/null',
  );
  const wide = shown.split(/\r?\n/).filter((line) => line.length > WIDTH);
  expect(wide).toEqual([]);
  expect(shown).toMatch(/^1 +complete +[-\d]+ [:\d]+ +\d+ s +db +localfs +12 of 12\r?$/m);
  expect(shown).toMatch(/^root_after\r?\n {2}sha256:[0-9a-f]{64}\r?$/m);
});

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

it('the help of every command fits it, and of those that change something has examples', async () => {
  const { program } = await managerProgram(() => true, {});
  const withoutExamples: string[] = [];
  for (const command of everyCommand(program)) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => WIDTH });
    command.outputHelp();
    expect([command.name(), help.split('\n').filter((line) => line.length > WIDTH)]).toEqual([command.name(), []]);
    if (command.commands.length === 0 && !help.includes('Examples:')) withoutExamples.push(command.name());
  }
  expect(withoutExamples.sort()).toEqual(['du', 'list', 'list-drivers', 'list-migrations', 'version']);
});

it('Ctrl-C ends a migration in order: exit code 130, one document on stdout, and a word how to go on', async () => {
  const args = ['--json', 'objectstorage', 'migrate', '--dontask', '--bwlimit', '1K', await files('one'), db];
  const child = startProgram('manager', args, environment);
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const began = output.stderr.includes(BEGUN);
    output.stderr += text;
    if (!began && output.stderr.includes(BEGUN)) child.kill('SIGINT');
  });
  expect(await once(child, 'close')).toEqual([130, null]);
  expect(JSON.parse(output.stdout)).toEqual({ message: 'interrupted; run the same command again to go on' });
  expect(output.stderr).toContain('Stopping in order; press Ctrl-C again to stop at once.');
});

it('a reader that goes away is no error', async () => {
  const child = startProgram('manager', ['objectstorage', 'list-drivers'], environment);
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  expect([await once(child, 'close'), stderr]).toEqual([[0, null], '']);
});

it('a list that breaks off is one document still, which says why', async () => {
  await database.sql.query(
    `INSERT INTO data_migration_object (task_id, account, bucket, key, source_uri, size, state, reason_code, reason)
     SELECT 1, 'admin', 'analysis_data', 'f' || n, 'db://somewhere', 1, 'failed', 'source_not_found', 'is not there'
     FROM generate_series(1, 50000) AS n`,
  );
  const child = startProgram('manager', ['--json', 'objectstorage', 'show-migration', '1', '--failures'], environment);
  const closed = once(child, 'close');
  child.stderr?.resume();
  const stdout = child.stdout as Readable;
  const [first] = (await once(stdout, 'data')) as [Buffer];
  // It cannot be at its end: it writes no faster than it is read.
  stdout.pause();
  const ended = await database.sql.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'anchore-manager'`,
  );
  expect(ended.length).toBeGreaterThan(0);
  const listed = JSON.parse(`${first.toString()}${await text(stdout)}`) as Record<string, string>[];
  expect(listed[0]).toMatchObject({ key: 'f1', code: 'source_not_found' });
  expect(listed.at(-1)).toEqual({ error: expect.any(String) });
  expect(listed.length).toBeLessThan(50_000);
  expect(await closed).not.toEqual([0, null]);
}, 60_000);

it('a prompt with --json leaves stdout to the document', async () => {
  const child = startProgram('manager', ['--json', 'objectstorage', 'migrate', db, await files('two')], environment);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  child.stdin?.end(' n \n');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(JSON.parse(output.stdout)).toEqual({ skipped: true });
  expect(output.stderr).toContain('- proceed? (y/N)');
});

it('a prompt that nobody can answer means no, and says which option leaves it out', async () => {
  const child = startProgram('manager', ['objectstorage', 'migrate', db, await files('two')], environment);
  child.stdin?.end();
  child.stdout?.resume();
  expect(await text(child.stderr as Readable)).toContain('nobody answered, which means no; --dontask');
});
