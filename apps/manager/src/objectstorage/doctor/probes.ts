import { StorageError, type StorageDriver } from '@kedge/object-store';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

/** How one thing that a storage section needs turned out. */
export interface Probe {
  name: string;
  ok: boolean;
  milliseconds: number;
  /** What was found, or why it failed. */
  message: string;
}

const PIECE = 1024 * 1024;
/** Long enough for a second part or segment at every driver's default. */
const LONG_PIECES = 33;

/**
 * Tries every operation by itself, on objects of its own, so that a missing permission shows by name. An operation that
 * needs what failed before is reported as not tried.
 */
export async function probeDriver(driver: StorageDriver): Promise<Probe[]> {
  const probes: Probe[] = [];
  const attempt = async <T>(
    name: string,
    act: () => Promise<T>,
    say: (result: T) => string,
  ): Promise<T | undefined> => {
    const started = performance.now();
    const done = (ok: boolean, message: string): void => {
      probes.push({ name, ok, milliseconds: Math.round(performance.now() - started), message });
    };
    try {
      const result = await act();
      done(true, say(result));
      return result;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      done(false, error.message);
      return undefined;
    }
  };
  const skip = (name: string, needs: string): void => {
    probes.push({ name, ok: false, milliseconds: 0, message: `not tried, because ${needs} failed` });
  };

  const address = { account: 'kedge-system', bucket: 'doctor', key: 'probe', unique: randomBytes(8).toString('hex') };
  const text = Buffer.from('the doctor was here');
  const stored = await attempt(
    'put',
    () => driver.put(address, Readable.from([text])),
    ({ size }) => `${size} bytes`,
  );
  if (stored) {
    const { uri } = stored;
    await attempt(
      'get',
      () => readBack(driver, uri, text),
      () => 'the same bytes came back',
    );
    await attempt(
      'stat',
      () => driver.stat(uri),
      (found) => `${found?.size ?? 'no'} bytes recorded`,
    );
    await attempt(
      'list',
      () => listed(driver, uri),
      (place) => `found at place ${place} of the listing`,
    );
    await attempt(
      'delete',
      () => driver.delete(uri),
      () => 'gone',
    );
  } else {
    for (const name of ['get', 'stat', 'list', 'delete']) skip(name, 'put');
  }
  const long = { ...address, key: 'long', unique: randomBytes(8).toString('hex') };
  const pieces = Readable.from(Array.from({ length: LONG_PIECES }, () => randomBytes(PIECE)));
  const multipart = await attempt(
    'long put',
    () => driver.put(long, pieces),
    ({ size }) => `${size / PIECE} MiB in parts`,
  );
  if (multipart)
    await attempt(
      'long delete',
      () => driver.delete(multipart.uri),
      () => 'gone',
    );
  else skip('long delete', 'long put');
  return probes;
}

async function readBack(driver: StorageDriver, uri: string, expected: Buffer): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of await driver.get(uri)) chunks.push(chunk as Buffer);
  if (Buffer.concat(chunks).equals(expected)) return;
  throw new StorageError('integrity', `other bytes came back from ${uri} than were written`);
}

/** Lists until the object appears, a hundred thousand names at most. */
async function listed(driver: StorageDriver, uri: string): Promise<number> {
  let place = 0;
  for await (const location of driver.list()) {
    place += 1;
    if (location.uri === uri) return place;
    if (place === 100_000) return place;
  }
  throw new StorageError('not_found', `the object that was just written is not in the listing of ${driver.place}`);
}
