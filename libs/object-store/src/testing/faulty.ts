import { randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageError, type StorageDriver, type StorageErrorCode } from '../driver.js';

const METHODS = ['put', 'get', 'stat', 'delete', 'deleteMany', 'list'] as const;
type Method = (typeof METHODS)[number];

/** One thing that goes wrong. Of several that fit a call, the first in the script happens. */
export interface Fault {
  /** Which calls; default: all that touch the backend. */
  on?: Method | Method[];
  /** Which of these calls, counted from 1 for each fault. Without `at` and `rate`: every one. */
  at?: number | number[];
  /** Instead of `at`: this share of the calls, 0 to 1, chosen by the script's seed. */
  rate?: number;
  /** Milliseconds before anything happens. */
  slow?: number;
  /** The call fails with this code. */
  fail?: StorageErrorCode;
  /** With `fail`: the call is carried out first, as when the answer got lost. */
  afterwards?: boolean;
  /**
   * The content breaks off after this many bytes: the body of a put fails, the stream of a get does. With `silently` it
   * just ends, as a backend does that loses bytes and says nothing.
   */
  cut?: number;
  silently?: boolean;
}

export interface FaultyDriver extends StorageDriver {
  /** Calls so far that touch the backend, faulty or not. */
  readonly calls: Readonly<Record<Method, number>>;
}

/**
 * A driver that misbehaves by a script, to see what is above it cope: errors, slowness, lost answers and torn content at
 * given calls or at a rate. Everything else goes to `driver`, which stays the one to init and close.
 *
 * @param seed of the rates; the one in use is part of every injected error's message, so that a run can be repeated
 */
export function faulty(driver: StorageDriver, script: Fault[], seed: number = randomInt(2 ** 31)): FaultyDriver {
  const calls = Object.fromEntries(METHODS.map((method) => [method, 0])) as Record<Method, number>;
  const plan = new Plan(script, seed);
  const through = async <T>(method: Method, work: (fault: Fault) => Promise<T>): Promise<T> => {
    calls[method]++;
    const fault = plan.next(method) ?? {};
    if (fault.slow) await sleep(fault.slow);
    if (fault.fail && !fault.afterwards) throw plan.error(method, fault.fail);
    const result = await work(fault);
    if (fault.fail) throw plan.error(method, fault.fail);
    return result;
  };
  const torn = (method: Method, body: Readable, { cut, silently }: Fault): Readable =>
    cut === undefined ? body : cutOff(body, cut, silently ? undefined : plan.error(method, 'unavailable'));
  return {
    name: driver.name,
    scheme: driver.scheme,
    get place() {
      return driver.place;
    },
    calls,
    ...(driver.locate ? { locate: (address) => driver.locate?.(address) ?? [] } : {}),
    init: () => driver.init(),
    put: (address, body, options) =>
      through('put', (fault) => driver.put(address, torn('put', body, fault), options)).catch((error: unknown) => {
        body.destroy();
        throw error;
      }),
    get: (uri, options) => through('get', async (fault) => torn('get', await driver.get(uri, options), fault)),
    stat: (uri) => through('stat', () => driver.stat(uri)),
    delete: (uri) => through('delete', () => driver.delete(uri)),
    deleteMany: (uris, options) => through('deleteMany', () => driver.deleteMany(uris, options)),
    ...(driver.reclaim ? { reclaim: (options) => driver.reclaim?.(options) ?? Promise.resolve() } : {}),
    owns: (uri) => driver.owns(uri),
    async *list() {
      await through('list', async () => undefined);
      yield* driver.list();
    },
    close: () => driver.close(),
  };
}

class Plan {
  private readonly counts: number[];
  private state: number;

  constructor(
    private readonly script: Fault[],
    private readonly seed: number,
  ) {
    this.counts = script.map(() => 0);
    this.state = seed;
  }

  next(method: Method): Fault | undefined {
    let chosen: Fault | undefined;
    for (const [index, fault] of this.script.entries()) {
      if (fault.on && ![fault.on].flat().includes(method)) continue;
      const count = (this.counts[index] = (this.counts[index] ?? 0) + 1);
      const fits = fault.rate !== undefined ? this.random() < fault.rate : matches(fault.at, count);
      if (fits) chosen ??= fault;
    }
    return chosen;
  }

  error(method: Method, code: StorageErrorCode): StorageError {
    return new StorageError(code, `injected fault in ${method} (seed ${this.seed})`);
  }

  /** Mulberry32: small, and the same on every machine. */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }
}

function matches(at: Fault['at'], count: number): boolean {
  return at === undefined || [at].flat().includes(count);
}

/** The first `bytes` bytes of a stream, then the error; without one, the end. */
function cutOff(source: Readable, bytes: number, error: StorageError | undefined): Readable {
  const body = Readable.from(
    (async function* () {
      let left = bytes;
      for await (const chunk of source as AsyncIterable<Buffer>) {
        if (chunk.length > left) {
          if (left > 0) yield chunk.subarray(0, left);
          if (error) throw error;
          return;
        }
        left -= chunk.length;
        yield chunk;
      }
    })(),
    { objectMode: false },
  );
  body.once('close', () => source.destroy());
  return body;
}
