import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { LayerCache } from './index.js';
import { describeBytes } from './testing/describe-bytes.js';

const HOOKS = resolve(__dirname, '../../service/src/testing/run-typescript.mjs');
const PROGRAM = join(__dirname, 'testing/cache-process.ts');

let tmpDir: string;
let log: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'kedge-cache-'));
  log = join(tmpDir, 'fetches');
  await writeFile(log, '');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(tmpDir, { recursive: true });
});

/** Reads blobs in another process; resolves with its exit code. `onLine` sees its output. */
async function run(letters: string, { pause = 0, maxBytes = 1e9 } = {}): Promise<{ code: number | null; out: string }> {
  const args = ['--import', HOOKS, PROGRAM, tmpDir, String(maxBytes), log, String(pause), letters];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let out = '';
  child.stdout.on('data', (data) => (out += String(data)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

const fetches = async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean).sort().join('');
const owners = () => readdir(join(tmpDir, 'anchore_layercache/kedge/owners'));

it('fetches each blob once, whichever process is first', async () => {
  const results = await Promise.all(['abc', 'cab', 'bca'].map((letters) => run(letters, { pause: 5 })));
  for (const { code, out } of results) {
    expect(code).toBe(0);
    expect(out.match(/^read [abc] 300000$/gm)).toHaveLength(3);
  }
  expect(await fetches()).toBe('abc');
  expect(await owners()).toEqual([]);
});

it('clears away what a killed process left, and finishes its download', async () => {
  const killed = run('a', { pause: 10_000 });
  while ((await fetches()) === '') await new Promise((next) => setTimeout(next, 10));
  const content = Buffer.alloc(300_000, 'a');
  const waiting = LayerCache.start({ tmpDir, maxBytes: 1e9 });
  const cache = await waiting;
  const reading = cache.open(describeBytes(content), async () => Readable.from([content])); // the other one is at it
  children[0]?.kill('SIGKILL');
  expect((await killed).code).toBeNull();
  expect(content.equals(await buffer(await reading))).toBe(true);
  expect(await cache.du()).toEqual({ blobs: 1, bytes: content.length, reservedBytes: 0, pinnedBytes: 0 });
  expect(await owners()).toHaveLength(1);
  await cache.close();
});

it('takes the lock away from a process that is gone or silent, and waits for one that lives', async () => {
  const folder = join(tmpDir, 'anchore_layercache/kedge');
  await mkdir(folder, { recursive: true });
  const lock = join(folder, 'lock');
  await writeFile(lock, 'another-host-4026531836_1_00');
  const longAgo = Date.now() / 1000 - 120;
  await utimes(lock, longAgo, longAgo);
  await (await LayerCache.start({ tmpDir, maxBytes: 1e9 })).close();

  await writeFile(lock, 'another-host-4026531836_1_00');
  let started = false;
  const starting = LayerCache.start({ tmpDir, maxBytes: 1e9 }).then((cache) => ((started = true), cache));
  await new Promise((next) => setTimeout(next, 100));
  expect(started).toBe(false);
  await rm(lock);
  await (await starting).close();
});
