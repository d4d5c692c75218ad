import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectAddress } from '../driver.js';

/** One check of a suite. It throws an AssertionError when the subject is wrong; it depends on no test runner. */
export interface ConformanceCase<H> {
  name: string;
  run(harness: H): Promise<void>;
}

export const MIB = 1024 * 1024;
/** Account of everything a suite writes. */
export const ACCOUNT = 'kedge-conformance';

/** A fresh address; parts can be given. */
export function address(parts: Partial<ObjectAddress> = {}): ObjectAddress {
  return {
    account: ACCOUNT,
    bucket: 'conformance',
    key: `sha256:${randomBytes(8).toString('hex')}`,
    unique: randomBytes(16).toString('hex'),
    ...parts,
  };
}

/** Bytes that no compression shrinks and no confusion of pieces leaves equal; the same for the same seed. */
export function noise(bytes: number, seed = 'kedge'): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Bytes that compress well. */
export function prose(bytes: number): Buffer {
  const line = 'the quick brown fox jumps over the lazy dog 0123456789\n';
  return Buffer.from(line.repeat(Math.ceil(bytes / line.length))).subarray(0, bytes);
}

/** Lines like those of a list of files: a harder search compresses them better. */
export function listing(bytes: number): Buffer {
  const words =
    noise(64 * 6, 'words')
      .toString('hex')
      .match(/.{12}/g) ?? [];
  const picks = noise(Math.ceil(bytes / 10));
  const text = Array.from(picks, (pick, at) => `${words[pick % 64]}${at % 4 === 3 ? '\n' : '/'}`).join('');
  return Buffer.from(text).subarray(0, bytes);
}

/** The bytes as a stream in pieces of uneven length. */
export function pieces(bytes: Buffer, size = 70_001): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
    { objectMode: false },
  );
}

/** A stream that gives `bytes` bytes and then fails with `error`. */
export function failing(bytes: number, error: Error): Readable {
  return Readable.from(
    (async function* () {
      for (let at = 0; at < bytes; at += 65536) yield Buffer.alloc(Math.min(65536, bytes - at), 1);
      await Promise.resolve();
      throw error;
    })(),
    { objectMode: false },
  );
}

/** Gives `bytes` bytes, calls `then` and never ends. */
export function stalling(bytes: number, then: () => void): Readable {
  let sent = 0;
  return new Readable({
    read() {
      if (sent < bytes) {
        const length = Math.min(65536, bytes - sent);
        sent += length;
        this.push(Buffer.alloc(length, 2));
      } else if (sent === bytes) {
        sent++;
        then();
      }
    },
  });
}

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
