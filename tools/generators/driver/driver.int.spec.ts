import { flushChanges, FsTree } from 'nx/src/generators/tree';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import generateDriver from './generator.cjs';

const ROOT = resolve(__dirname, '../../..');
const NAME = 'generated';
/** What the generator changes, and what the generated package refers to. */
const COPIED = [
  'tsconfig.json',
  'tsconfig.base.json',
  '.prettierrc.json',
  'libs/drivers/builtin/tsconfig.json',
  'libs/drivers/builtin/src/index.ts',
];

/** Runs a program of node_modules; what it printed is the message when it fails. */
async function run(program: string, ...args: string[]): Promise<void> {
  const command = ['--experimental-vm-modules', join(ROOT, 'node_modules/.bin', program), ...args];
  try {
    await promisify(execFile)(process.execPath, command, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** A workspace that looks like this one to the generator. It lies in `.cache`, which nothing looks into. */
let workspace: string;
let tree: FsTree;

beforeAll(async () => {
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  workspace = await mkdtemp(join(ROOT, '.cache/generator-'));
  for (const file of COPIED) {
    await mkdir(dirname(join(workspace, file)), { recursive: true });
    await writeFile(join(workspace, file), await readFile(join(ROOT, file)));
  }
  // What a driver is built upon, for the compiler.
  for (const lib of ['config', 'database', 'object-store']) {
    await symlink(join(ROOT, 'libs', lib), join(workspace, 'libs', lib));
  }
  tree = new FsTree(workspace, false);
  await generateDriver(tree, { name: NAME, skipInstall: true });
  flushChanges(workspace, tree.listChanges());
});
afterAll(() => rm(workspace, { recursive: true, force: true }));

const written = (file: string): Promise<string> => readFile(join(workspace, file), 'utf8');

it('lists the driver where Kedge and the compiler look', async () => {
  const index = await written('libs/drivers/builtin/src/index.ts');
  expect(index).toContain(`import { kedgeDriver as ${NAME} } from '@kedge/driver-${NAME}';`);
  expect(index).toMatch(new RegExp(`new DriverRegistry\\(\\)[^;]*\\.register\\(${NAME}\\);`));
  expect(await written('tsconfig.json')).toContain(`"path": "libs/drivers/${NAME}"`);
  expect(await written('libs/drivers/builtin/tsconfig.json')).toContain(`"path": "../${NAME}"`);
  const manifest = JSON.parse(await written(`libs/drivers/${NAME}/package.json`)) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    name: `@kedge/driver-${NAME}`,
    nx: { tags: ['type:driver', `scope:driver-${NAME}`] },
  });
});

it('refuses names that are taken or cannot be one', async () => {
  for (const name of [NAME, 'localfs', 'Two Words', '../up', '']) {
    await expect(generateDriver(tree, { name })).rejects.toThrow(/is taken|must be small letters/);
  }
});

it('writes a driver that compiles, is formatted, and passes its own conformance run', async () => {
  const driver = join(workspace, 'libs/drivers', NAME);
  // By the types of the built packages: `npm test` builds first.
  await run('tsc', '-p', driver, '--noEmit');
  await run('prettier', '--check', '--ignore-path', '', driver);
  const config = join(workspace, 'jest.config.js');
  await writeFile(
    config,
    `const { projects } = require(${JSON.stringify(join(ROOT, 'jest.config.js'))});
     // PostgreSQL is the one that this run has already.
     module.exports = { ...projects[1], roots: [__dirname], globalSetup: undefined, globalTeardown: undefined };`,
  );
  const result = join(workspace, 'result.json');
  await run('jest', '--config', config, '--runInBand', '--json', '--outputFile', result);
  const { success, numPassedTests, numPendingTests } = JSON.parse(await readFile(result, 'utf8')) as Record<
    string,
    number | boolean
  >;
  expect({ success, numPendingTests }).toEqual({ success: true, numPendingTests: 0 });
  expect(numPassedTests).toBeGreaterThan(40);
}, 180_000);
