import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { installJobQueue } from '../queue/install-job-queue.js';
import { writeConfig, type ConfigFile } from '../testing/service-config.js';

const testing = join(__dirname, '../testing');
const children: ChildProcess[] = [];
let database: TestDatabase;
let file: ConfigFile;

function start(...args: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', join(testing, 'run-typescript.mjs'), join(testing, 'probe-main.ts'), ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, ANCHORE_CONFIG_DIR: '/no/such/directory' },
    },
  );
  children.push(child);
  return child;
}

async function run(...args: string[]) {
  const child = start(...args);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}

beforeAll(async () => {
  database = await createTestDatabase();
  await installJobQueue(database.settings);
  file = await writeConfig(database.url, 'unheard_of: 1\n');
});
afterAll(async () => {
  children.forEach((child) => child.kill('SIGKILL'));
  await file.remove();
  await database.drop();
});

describe('a service program', () => {
  it('says that it is ready, serves, and stops cleanly at SIGTERM', async () => {
    const child = start('--config', file.file);
    const ended = once(child, 'exit');
    const lines: Record<string, unknown>[] = [];
    for await (const line of createInterface(child.stderr)) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      lines.push(entry);
      if (String(entry['msg']).endsWith('is ready')) {
        expect((await fetch(`${String(entry['url'])}/health`)).status).toBe(200);
        child.kill('SIGTERM');
      }
    }
    expect(await ended).toEqual([0, null]);
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('unknown key "unheard_of"'),
      'kedge-policy-engine is ready',
      'kedge-policy-engine stops',
    ]);
    expect(await database.sql.query(`SELECT status FROM services`)).toEqual([{ status: false }]);
  });

  it('says in one line that the database is dead, with exit code 2', async () => {
    const dead = await writeConfig('postgresql://kedge:s3cret@127.0.0.1:9/images');
    const down = await run('--config', dead.file);
    expect(down).toEqual({
      stdout: '',
      stderr: expect.stringMatching(
        /^kedge-policy-engine: database kedge@127\.0\.0\.1:9\/images is not reachable [^\n]*\n$/,
      ),
      code: 2,
    });
    await dead.remove();
  });
});
