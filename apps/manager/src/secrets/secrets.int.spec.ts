import { parseDatabaseUrl } from '@kedge/config';
import { createDataSource, Sql } from '@kedge/database';
import { swiftServer } from '@kedge/object-store/testing';
import type { Command } from 'commander';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { managerProgram } from '../manager.js';
import { Deployment, type Ended } from '../testing/deployment.js';
import { DIGEST, invocations } from './invocations.js';
import { MARK, writeMarkedFiles, type MarkedFiles } from './marked-files.js';
import { END } from './run-batch.js';
import { filesWith, linesWith, tablesWith } from './search.js';

/** Programs that run at the same time. */
const LANES = 2;

let deployment: Deployment;
let files: MarkedFiles;
let dataSource: DataSource;
let sql: Sql;
let secrets: RegExp[];
const plainSecrets = (): string[] => [MARK, deployment.databasePassword, deployment.adminPassword.reveal()];

beforeAll(async () => {
  deployment = await Deployment.create();
  files = await writeMarkedFiles(deployment);
  const { key } = await swiftServer();
  const texts = plainSecrets();
  secrets = [
    ...texts.map((text) => new RegExp(text)),
    ...texts.map((text) => new RegExp(Buffer.from(text).toString('base64').slice(0, -4))),
    // The key of the Swift server is a common word, which also stands in words and paths.
    new RegExp(`(?<![\\w/.-])${key}(?![\\w/.-])`),
  ];
}, 600_000);
afterAll(async () => {
  await dataSource.destroy();
  await deployment.tearDown();
});

interface Run {
  /** What was run, for the message. */
  name: string;
  ended: Ended;
}

/** Arguments of a command with debug lines; the url of the database only for those that need it. */
function argumentsOf(command: string, args: string[], { url, json }: { url?: string; json?: boolean }): string[] {
  return [
    ...['--debug', ...(json ? ['--json'] : []), ...command.split(' ')],
    ...(url === undefined ? [] : ['--db-connect', url]),
    ...args,
  ];
}

function nameOf(args: string[]): string {
  return args.filter((arg) => !arg.startsWith('postgresql')).join(' ');
}

/** Runs a command in a process of its own. */
async function run(command: string, args: string[], options: { url?: string; json?: boolean } = {}): Promise<Run> {
  const all = argumentsOf(command, args, options);
  return { name: nameOf(all), ended: await deployment.manager(all) };
}

/** Runs commands one after the other in one process, which spares the time to start. */
async function runBatch(commands: string[][]): Promise<Run[]> {
  const { code, stdout, stderr } = await deployment.batch(commands);
  expect([code, stdout.split(END).length]).toEqual([0, commands.length + 1]);
  const parts = (output: string): string[] =>
    output.split(END).map((part, at) => (at ? part.replace(/^\d+\n/, '') : part));
  const codes = stdout
    .split(END)
    .slice(1)
    .map((part) => Number.parseInt(part));
  const [outs, errors] = [parts(stdout), parts(stderr)];
  return commands.map((args, at) => ({
    name: nameOf(args),
    ended: { code: codes[at] ?? null, stdout: outs[at] ?? '', stderr: errors[at] ?? '' },
  }));
}

function expectNoSecret(runs: readonly Run[]): void {
  const leaks = runs.flatMap(({ name, ended }) =>
    linesWith(`${ended.stdout}\n${ended.stderr}`, secrets).map((line) => `${name}: ${line.slice(0, 500)}`),
  );
  expect(leaks).toEqual([]);
}

function isDocument(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function commandNames(command: Command, above = ''): string[] {
  const names = command.commands.flatMap((child) => commandNames(child, `${above}${child.name()} `));
  return names.length > 0 ? names : [above.trim()];
}

it('knows every command of the manager', async () => {
  const { program } = await managerProgram(() => true, {});
  expect(Object.keys(invocations(files)).sort()).toEqual(commandNames(program).sort());
});

it('prints no secret while data moves', async () => {
  const url = deployment.databaseUrl;
  const journey: Run[] = [await run('db upgrade', ['--dontask'], { url })];
  dataSource = await createDataSource(parseDatabaseUrl(url));
  sql = new Sql(dataSource);
  await deployment.start('catalog', files.db);
  await deployment.api.call('POST', '/registries?validate=false', {
    registry: 'registry.invalid',
    registry_user: 'puller',
    registry_pass: `${MARK}registry`,
    registry_verify: true,
  });
  await deployment.stopAll();
  await sql.query(
    `INSERT INTO catalog_image ("imageDigest", "userId", analysis_status, created_at, last_updated)
     VALUES ($1, 'admin', 'analyzed', 0, 0)`,
    [DIGEST],
  );
  const move = async (args: string[], json = false): Promise<void> => {
    journey.push(await run('objectstorage migrate', ['--dontask', '--force', ...args], { url, json }));
  };
  await move([files.db, files.s3]);
  await move([files.s3, files.swift], true);
  expect(journey.map(({ ended }) => ended.code)).toEqual([0, 0, 0]);
  // A run that fails: the content of its only object is gone.
  await sql.query(`UPDATE archive_metadata SET content_url = content_url || '.gone'`);
  await move([files.swift, files.files]);
  await sql.query(`UPDATE archive_metadata SET content_url = replace(content_url, '.gone', '')`);
  expect(journey.at(-1)?.ended.code).toBe(1);
  expectNoSecret(journey);
}, 120_000);

it('prints no secret by any command, whether it succeeds or not, and with --json one document', async () => {
  const url = deployment.databaseUrl;
  const wrong = url.replace(deployment.databasePassword, `${MARK}db%40wrong`);
  const away = wrong.replace(/:\d+\/postgres$/, ':9/postgres');
  const commands = Object.entries(invocations(files)).flatMap(([command, { runs, database }]) => {
    const right = database ? { url } : {};
    const [first] = runs;
    const codes = first.codes ?? [0];
    return [
      // Both forms of what comes first; of the others one or the other.
      { args: argumentsOf(command, first.args, { ...right, json: true }), codes },
      ...runs.map((one, at) => ({
        args: argumentsOf(command, one.args, { ...right, json: at % 2 === 1 }),
        codes: one.codes ?? [0],
      })),
      ...(database
        ? [
            { args: argumentsOf(command, first.args, { url: wrong }), codes: [1, 2] },
            { args: argumentsOf(command, first.args, { url: away, json: true }), codes: [1, 2] },
          ]
        : []),
    ];
  });
  const half = Math.ceil(commands.length / LANES);
  const lanes = Array.from({ length: LANES }, (_, lane) => commands.slice(lane * half, (lane + 1) * half));
  const runs = (await Promise.all(lanes.map((lane) => runBatch(lane.map(({ args }) => args))))).flat();
  const strange = runs.filter(({ ended }, at) => !commands[at]?.codes.includes(ended.code ?? -1));
  expect(strange.map(({ name, ended }) => `${name} -> ${ended.code}: ${ended.stderr.slice(-300)}`)).toEqual([]);
  expectNoSecret(runs);
  const unreadable = runs.filter(({ name, ended }) => name.includes('--json') && !isDocument(ended.stdout));
  expect(unreadable.map(({ name, ended }) => `${name}: ${ended.stdout}`)).toEqual([]);
  expect(runs.some(({ ended }) => ended.stderr.includes(':***@'))).toBe(true);
}, 240_000);

it('leaves no secret in the database, but for the registry password that the catalog keeps', async () => {
  expect(await tablesWith(sql, plainSecrets())).toEqual(['public.registries']);
});

it('leaves no secret in a file, but for the configurations', async () => {
  const skip = (path: string): boolean => path.endsWith('.yaml') || path === join(deployment.directory, 'pg');
  expect(await filesWith(deployment.directory, secrets, skip)).toEqual([]);
});
