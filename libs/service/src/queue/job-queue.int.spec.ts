import { createTestDatabase, type TestDatabase } from '@kedge/database/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installJobQueue } from './install-job-queue.js';
import type { FailedJob, Job } from './job-queue.js';
import { PgBossJobQueue, type JobQueueOptions } from './pg-boss-job-queue.js';

const testing = join(__dirname, '../testing');
const image = (name: string) => ({ account: 'admin', imageDigest: `sha256:${name}` });

let database: TestDatabase;
const open: PgBossJobQueue[] = [];

async function openQueue(options: Partial<JobQueueOptions> = {}, { settings } = database): Promise<PgBossJobQueue> {
  const queue = await PgBossJobQueue.open(settings, {
    leaseSeconds: 10,
    superviseSeconds: 1,
    onProblem: (problem) => {
      throw problem instanceof Error ? problem : new Error(problem);
    },
    ...options,
  });
  open.push(queue);
  return queue;
}

/** Resolves with the value that `read` gives first. */
async function eventually<T>(read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    await sleep(50);
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  await installJobQueue(database.settings);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.close({ finishSeconds: 0, graceSeconds: 5 })));
  await database.sql.query('DELETE FROM kedge_jobs.job');
});
afterAll(() => database.drop());

describe('job queue', () => {
  it('refuses a database without the queue, and is installed by several processes at once', async () => {
    const fresh = await createTestDatabase();
    await expect(openQueue({}, fresh)).rejects.toMatchObject({
      code: 'schema_missing',
      message: expect.stringMatching(/anchore-manager db upgrade/),
    });
    await Promise.all([1, 2, 3].map(() => installJobQueue(fresh.settings)));
    await installJobQueue(fresh.settings);
    const queue = await openQueue({}, fresh);
    expect(await queue.counts()).toEqual(
      ['analyze-image', 'index-image', 'forget-image'].map((name) => ({
        queue: name,
        waiting: 0,
        active: 0,
        failed: 0,
      })),
    );
    await queue.close();
    await fresh.drop();
  });

  it('runs a job that was sent in a committed transaction, and none of a rolled back one', async () => {
    const queue = await openQueue();
    const done: Job<'analyze-image'>[] = [];
    await queue.work('analyze-image', { concurrency: 2 }, async (job) => void done.push(job));
    await expect(
      database.sql.transaction(async (tx) => {
        await queue.send('analyze-image', image('lost'), { sql: tx });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const id = await database.sql.transaction((tx) => queue.send('analyze-image', image('kept'), { sql: tx }));
    const job = await eventually(() => done[0]);
    expect(job).toMatchObject({ id, payload: image('kept'), attempt: 1, lastAttempt: false });
    await eventually(async () => ((await queue.counts())[0]?.active === 0 ? true : undefined));
    expect(done).toHaveLength(1);
  });

  it('keeps one waiting job per key, also when many send at once, and cancels by key', async () => {
    const queue = await openQueue();
    const ids = await Promise.all(Array.from({ length: 20 }, () => queue.send('index-image', image('same'))));
    expect(ids.filter((id) => id !== undefined)).toHaveLength(1);
    expect(await queue.send('index-image', image('other'))).toBeDefined();
    expect((await queue.counts())[1]).toMatchObject({ waiting: 2 });
    expect(await queue.cancel('index-image', 'admin/sha256:same')).toBe(1);
    expect(await queue.cancel('index-image', 'admin/sha256:same')).toBe(0);
    expect((await queue.counts())[1]).toMatchObject({ waiting: 1 });
  });

  it('never runs two jobs of one key at a time', async () => {
    const queue = await openQueue();
    let running = 0;
    const overlaps: number[] = [];
    const finished: string[] = [];
    await queue.work('index-image', { concurrency: 3 }, async (job) => {
      overlaps.push(++running);
      if (finished.length === 0) await queue.send('index-image', image('busy')); // while the first one runs
      await sleep(300);
      running--;
      finished.push(job.id);
    });
    await queue.send('index-image', image('busy'));
    await eventually(() => (finished.length === 2 ? true : undefined));
    expect(overlaps).toEqual([1, 1]);
  });

  it('takes one job after the other without waiting for the next poll', async () => {
    const queue = await openQueue();
    let done = 0;
    await queue.work('index-image', { concurrency: 2 }, async () => void done++);
    // At one poll a second the test would run into its time limit.
    for (let n = 0; n < 130; n++) await queue.send('index-image', image(`quick-${n}`));
    await eventually(() => (done === 130 ? true : undefined));
  });

  it('tries again after a failure and says why a job failed for good', async () => {
    const queue = await openQueue();
    const attempts: number[] = [];
    await queue.work('analyze-image', { concurrency: 1 }, async (job) => {
      attempts.push(job.attempt);
      if (job.attempt === 1) throw new Error('registry is down');
      throw Object.assign(new Error('the image is\n damaged'), { retryable: false });
    });
    const told: FailedJob<'analyze-image'>[] = [];
    let calls = 0;
    await queue.onFailed('analyze-image', async (job) => {
      if (++calls > 0) told.push(job);
    });
    await queue.send('analyze-image', image('bad'));
    const waiting = await eventually(async () =>
      (await queue.counts())[0]?.waiting === 1 && attempts.length === 1 ? 1 : undefined,
    );
    expect(waiting).toBe(1);
    expect(await queue.send('analyze-image', image('bad'))).toBeUndefined(); // makes the retry due at once
    const failed = await eventually(() => told[0]);
    expect(failed).toMatchObject({ payload: image('bad'), reason: 'the image is damaged', attempts: 2 });
    expect(attempts).toEqual([1, 2]);
    expect(await queue.failed('analyze-image')).toMatchObject([{ id: failed.id, reason: 'the image is damaged' }]);
    expect((await queue.counts())[0]).toMatchObject({ waiting: 0, active: 0, failed: 1 });
  });

  it('tells a running job when it is cancelled', async () => {
    const queue = await openQueue();
    const aborted = new Promise<unknown>((resolve) => {
      void queue.work('forget-image', { concurrency: 1 }, async (_job, signal) => {
        await once(signal, 'abort');
        resolve(signal.reason);
      });
    });
    await queue.send('forget-image', { ...image('gone'), imageId: 'abc' });
    await eventually(async () => ((await queue.counts())[2]?.active === 1 ? true : undefined));
    expect(await queue.cancel('forget-image', 'admin/sha256:gone')).toBe(1);
    await expect(aborted).resolves.toMatchObject({ message: expect.stringMatching(/no longer active/) });
  });

  it('hands a job back when its service stops, without using up an attempt', async () => {
    const [first, second] = [await openQueue(), await openQueue()];
    let started = false;
    await first.work('analyze-image', { concurrency: 1 }, async (_job, signal) => {
      started = true;
      await once(signal, 'abort');
      throw signal.reason;
    });
    await first.send('analyze-image', image('moved'));
    await eventually(() => (started ? true : undefined));
    await first.close({ finishSeconds: 0, graceSeconds: 10 });
    const taken: Job[] = [];
    await second.work('analyze-image', { concurrency: 1 }, async (job) => void taken.push(job));
    expect(await eventually(() => taken[0])).toMatchObject({ payload: image('moved'), attempt: 1 });
  });

  it('goes on after the server closed all its connections', async () => {
    const problems: unknown[] = [];
    const queue = await openQueue({ applicationName: 'kedge-broken', onProblem: (problem) => problems.push(problem) });
    const done: Job[] = [];
    await queue.work('index-image', { concurrency: 2 }, async (job) => void done.push(job));
    const closed = await database.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kedge-broken'`,
    );
    expect(closed.length).toBeGreaterThan(1); // the listener and some of the pool
    await eventually(() => queue.send('index-image', image('after')).catch(() => undefined));
    expect(await eventually(() => done[0])).toMatchObject({ payload: image('after') });
    expect(problems.length).toBeGreaterThan(0);
  });

  it('gives the job of a killed process to another one', async () => {
    const queue = await openQueue();
    await queue.send('analyze-image', image('orphan'));
    const child = spawn(
      process.execPath,
      ['--import', join(testing, 'run-typescript.mjs'), join(testing, 'hanging-worker.ts')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, KEDGE_WORKER_DATABASE: database.url },
      },
    );
    await once(child.stdout, 'data'); // it has the job
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await queue.counts())[0]).toMatchObject({ active: 1 });
    const taken: Job[] = [];
    await queue.work('analyze-image', { concurrency: 1 }, async (job) => void taken.push(job));
    expect(await eventually(() => taken[0])).toMatchObject({ payload: image('orphan'), attempt: 2 });
  });
});
