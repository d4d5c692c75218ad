import { strict as assert } from 'node:assert';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { SqlPort, StorageDriver } from '../driver.js';
import { fsck } from '../fsck/fsck.js';
import type { ObjectId } from '../object-id.js';
import { ObjectStore } from '../object-store.js';
import { ACCOUNT, bytesOf, MIB, noise } from './content.js';
import { testProgram } from './test-program.js';

/** What {@link killedPuts} needs: a driver of this process, and how to make the same in another. */
export interface KilledPutsOptions {
  driver: StorageDriver;
  /** Of the database with that url, which is migrated. */
  sql: SqlPort;
  databaseUrl: string;
  /** Package that exports `kedgeDriver`, and its configuration as JSON. */
  plugin: string;
  config: object;
  kills: number;
  /** The kills are spread over this much time after the first put. Default 160 ms: some puts of every length. */
  spreadMs?: number;
}

/** What the program is told. */
export interface KilledOrder {
  plugin: string;
  config: object;
  databaseUrl: string;
  keys: string[];
  /** Of the first put of each key. */
  version: number;
  compress: boolean;
}

/** Lengths of the versions: within one piece, within one part or chunk, and of several. */
export const SIZES = [1000, 100_000, MIB + 7, 6 * MIB];
/** Name of its connections. */
export const PROGRAM = 'kedge-killed-puts';
const KEYS = ['one', 'two', 'three'];

export const killedId = (key: string): ObjectId => ({ account: ACCOUNT, bucket: 'killed', key });

/** Bytes that say what they are, half of them compressible. */
export function killedContent(key: string, version: number, bytes: number): Buffer {
  const head = `${key} ${version} ${bytes}\n`;
  const rest = bytes - head.length;
  return Buffer.concat([Buffer.from(head), noise(rest >> 1, head), Buffer.alloc(rest - (rest >> 1), head)]);
}

/**
 * Kills (SIGKILL) a process that puts objects, many times and each time a little later, and proves after each that every
 * object is whole: the last version that was acknowledged, or the one that was on its way. Then the next process
 * puts the same keys, and at the end `fsck` finds nothing but garbage.
 *
 * @returns how many kills met a put between its begin and its end
 */
export async function killedPuts(options: KilledPutsOptions): Promise<{ met: number }> {
  const { driver, sql, kills, spreadMs = 160 } = options;
  const store = new ObjectStore({ driver, sql, compression: { enabled: false, min_size_kbytes: 0, codec: 'zstd' } });
  const acknowledged = new Map<string, number>();
  let met = 0;
  let next = start(options, 0);
  for (let kill = 0; kill < kills; kill += 1) {
    const program = await next;
    if (kill + 1 < kills) next = start(options, kill + 1); // starts while this one works
    const { begun, done } = await program.killAfter(((kill + 1) * spreadMs) / kills);
    for (const [key, version] of done) acknowledged.set(key, version);
    await connectionsGone(sql, program.pid);
    for (const [key, version] of begun) {
      const allowed = [acknowledged.get(key), version];
      if (allowed[0] !== version) met += 1;
      const found = await versionOf(store, key);
      assert.ok(
        allowed.includes(found),
        `${key} is version ${found} after kill ${kill}; right: ${allowed.join(' or ')}`,
      );
      if (found !== undefined) acknowledged.set(key, found);
    }
  }
  const { problems } = await fsck({ store });
  assert.deepEqual(problems, { ...problems, missing: 0, wrong_size: 0, damaged: 0 });
  for (const key of KEYS) {
    await store.put(killedId(key), 'later');
    assert.equal((await bytesOf((await store.get(killedId(key)))?.body as Readable)).toString(), 'later');
    await store.delete(killedId(key));
  }
  return { met };
}

/** The version that an object is, after it was proven to be that from its first to its last byte. */
async function versionOf(store: ObjectStore, key: string): Promise<number | undefined> {
  const found = await store.get(killedId(key));
  if (!found) return undefined;
  const bytes = await bytesOf(found.body);
  const [, name, version, length] = /^(\w+) (\d+) (\d+)\n/.exec(bytes.subarray(0, 100).toString('latin1')) ?? [];
  assert.equal(name, key, 'the content is of this object');
  assert.ok(bytes.equals(killedContent(key, Number(version), Number(length))), `${key} ${version} is whole`);
  return Number(version);
}

interface Program {
  pid: number;
  /** Lets it put, kills it, and answers the version of each key that it began last and that it finished last. */
  killAfter(ms: number): Promise<{ begun: Map<string, number>; done: Map<string, number> }>;
}

/** Starts the program up to the point where it waits for its turn. */
async function start({ plugin, config, databaseUrl }: KilledPutsOptions, turn: number): Promise<Program> {
  const order: KilledOrder = {
    plugin,
    config,
    databaseUrl,
    keys: KEYS,
    version: turn * 1000,
    compress: turn % 2 === 1,
  };
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    process.execPath,
    [...testProgram('killed-puts-child'), JSON.stringify(order)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (data) => (errors += String(data)));
  const begun = new Map<string, number>();
  const done = new Map<string, number>();
  const lines = createInterface(child.stdout);
  const ready = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const [word, key = '', version] = line.split(' ');
      if (word === 'ready') resolve();
      if (word === 'begin') begun.set(key, Number(version));
      if (word === 'done') done.set(key, Number(version));
    });
  });
  await Promise.race([ready, ended]);
  return {
    pid: child.pid ?? 0,
    async killAfter(ms) {
      child.stdin.write('go');
      await Promise.race([once(lines, 'line'), ended]); // the first put has begun
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill('SIGKILL');
      const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
      if (signal !== 'SIGKILL') throw new Error(`the process that puts ended by itself: ${errors}`);
      return { begun, done };
    },
  };
}

/** A statement that the process had sent goes on without it; what the database shows before is not the end yet. */
async function connectionsGone(sql: SqlPort, pid: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  const name = `${PROGRAM}-${pid}`;
  const left = () => sql.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = $1`, [name]);
  while ((await left()).length > 0) {
    if (Date.now() > deadline) throw new Error('the database still works for a process that was killed 30 s ago');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
