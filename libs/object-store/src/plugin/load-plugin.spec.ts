import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { configKeys } from '../config-keys.js';
import { StorageError, type DriverPlugin } from '../driver.js';
import { DriverRegistry } from '../registry.js';
import { withPlugins } from './with-plugins.js';

let folder: string;
let configFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kedge-plugins-'));
  configFile = join(folder, 'config.yaml');
});
afterAll(() => rm(folder, { recursive: true }));

const METHODS = 'init put get stat delete deleteMany owns list close';
/** Source of a plug-in as somebody may write it in plain JavaScript; `changes` go into the object. */
const source = (changes = ''): string => `{
  apiVersion: 1, name: 'own', scheme: 'own', description: 'a driver of somebody',
  configSchema: { parse: (value) => value },
  create: (config) => ({
    name: 'own', scheme: 'own', place: 'own://' + config.folder,
    ...Object.fromEntries('${METHODS}'.split(' ').map((method) => [method, () => undefined])),
  }),
  ${changes}
}`;

/** Installs a package beside the configuration. */
async function install(name: string, code: string, type: 'commonjs' | 'module' = 'commonjs'): Promise<string> {
  const directory = join(folder, 'node_modules', name);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name, type, main: 'main.js' }));
  await writeFile(join(directory, 'main.js'), code);
  return directory;
}

const builtin = new DriverRegistry().register({
  apiVersion: 1,
  name: 'localfs',
  scheme: 'file',
  description: 'files',
  configSchema: z.object({}),
  create: () => {
    throw new Error('not used here');
  },
} satisfies DriverPlugin);

const load = (name: string): DriverRegistry =>
  withPlugins(builtin, configFile, { storage_driver: { name, config: {} } });
const create = (name: string, config: object) => load(name).createDriver({ name, config }, {});

/** The message of the one error that an operator may see. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect((error as StorageError).code).toBe('invalid_config');
    expect((error as StorageError).message).not.toMatch(/\n| at .*:\d+:\d+/);
    return (error as StorageError).message;
  }
  throw new Error('it was not refused');
}

it('loads packages of any make from beside the configuration, under the name that it gives', async () => {
  await install('driver-cjs', `exports.kedgeDriver = ${source()};`);
  await install('@somebody/driver-cjs-default', `exports.default = ${source()};`);
  await install('driver-esm', `export const kedgeDriver = ${source()};`, 'module');
  const path = await install('driver-esm-default', `export default ${source()};`, 'module');
  for (const name of [
    'driver-cjs',
    '@somebody/driver-cjs-default',
    'driver-esm',
    path,
    './node_modules/driver-esm-default',
  ]) {
    expect(load(name).names()).toEqual(['localfs', name]);
    expect(create(name, { folder: 'x' }).place).toBe('own://x');
  }
  expect(builtin.names()).toEqual(['localfs']);
});

it('loads nothing for the names of its own drivers', async () => {
  await install('localfs', 'throw new Error("loaded");');
  await install('filesystem', 'throw new Error("loaded");');
  expect(load('localfs').names()).toEqual(['localfs']);
  expect(load('filesystem').names()).toEqual(['localfs']);
});

it('gives a package the StorageError of Kedge, though none is installed beside it', async () => {
  const parse = `configSchema: { parse() { throw new (require('@kedge/object-store').StorageError)('no_space', 'full'); } }`;
  await install('driver-errors', `exports.kedgeDriver = ${source(parse)};`);
  try {
    create('driver-errors', {});
  } catch (error) {
    expect((error as StorageError).context.cause).toMatchObject({ code: 'no_space' });
    expect((error as StorageError).context.cause).toBeInstanceOf(StorageError);
  }
  expect.assertions(2);
});

it.each([
  ['a name that nothing has', 'azure', /"azure".*\(localfs\).*installed beside .*config\.yaml; correct storage_driver/],
  ['a path to nowhere', './nowhere', /no package at .*nowhere .*; correct the path/],
  ['a module of Node.js', 'fs', /unknown storage driver "fs"/],
  ['a file of a package', 'driver-cjs/../../secrets', /unknown storage driver/],
  ['a url', 'https://example.com/driver.js', /unknown storage driver/],
])('refuses %s', (_what, name, message) => {
  expect(refusal(() => load(name))).toMatch(message);
});

it.each([
  [
    'throws',
    'throw new Error("no such thing\\n    at main.js:1:1");',
    /"bad-throws" cannot be loaded: no such thing; /,
  ],
  ['exports-nothing', '', /exports no "kedgeDriver"; name a package that is/],
  [
    'is-newer',
    `exports.kedgeDriver = ${source('apiVersion: 2')};`,
    /version 2; this version of Kedge speaks 1; install/,
  ],
  ['has-no-version', `exports.kedgeDriver = ${source('apiVersion: undefined')};`, /contract version none/],
  [
    'is-half',
    `exports.kedgeDriver = { apiVersion: 1, name: 'x', scheme: 'X:' };`,
    /scheme must .*; description must .*; configSchema must .*; create must be a function/,
  ],
  ['is-twin', `exports.kedgeDriver = ${source("name: 'localfs'")};`, /name "localfs".*driver "localfs".*already/],
  ['is-twin-by-scheme', `exports.kedgeDriver = ${source("scheme: 'file'")};`, /scheme file:\/\/.*already/],
])('refuses a package that %s', async (what, code, message) => {
  await install(`bad-${what}`, code);
  expect(refusal(() => load(`bad-${what}`))).toMatch(message);
});

it.each([
  [
    'misses-a-method',
    "create: () => ({ scheme: 'own', place: 'own://x', init() {} })",
    /without put, get, stat, delete/,
  ],
  ['makes-nothing', 'create: () => undefined', /without init, put/],
  ['fails', 'create: () => { throw new Error("odd"); }', /could not make a driver: odd; check/],
])('refuses a package whose driver %s', async (what, changes, message) => {
  await install(`driver-${what}`, `exports.kedgeDriver = ${source(changes)};`);
  expect(refusal(() => create(`driver-${what}`, {}))).toMatch(message);
});

it('takes a schema of another library, describes its keys and shows none of its secrets', async () => {
  const standard = `configSchema: { '~standard': {
    validate: (value) => value.bucket
      ? { value: { folder: value.bucket } }
      : { issues: [{ message: 'is missing; got ' + JSON.stringify(value), path: [{ key: 'bucket' }] }] },
    jsonSchema: { input: () => ({ properties: { bucket: { type: 'string' }, api_token: { type: 'string' } } }) },
  } }`;
  await install('driver-standard', `exports.kedgeDriver = ${source(standard)};`);
  expect(create('driver-standard', { bucket: 'b' }).place).toBe('own://b');
  const message = refusal(() => create('driver-standard', { api_token: 'hunter2', deep: { password: 'hunter3' } }));
  expect(message).toMatch(/bucket is missing; got .*\*\*\*/);
  expect(message).not.toMatch(/hunter/);
  const [, plugin] = load('driver-standard').list();
  expect(configKeys(plugin as DriverPlugin).map(({ key, secret }) => [key, secret])).toEqual([
    ['bucket', false],
    ['api_token', true],
  ]);
});

it('refuses a schema that wants to be waited for', async () => {
  const changes = `configSchema: { '~standard': { validate: async (value) => ({ value }) } }`;
  await install('driver-async', `exports.kedgeDriver = ${source(changes)};`);
  expect(refusal(() => create('driver-async', {}))).toMatch(/asynchronously/);
});
