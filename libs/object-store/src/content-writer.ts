import { createHash, randomBytes, type Hash } from 'node:crypto';
import { addAbortSignal, Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createEncoder, encodeBuffer, type Codec, type WriteCodec } from './codecs.js';
import { verifiedPlain } from './content-reader.js';
import { StorageError, type ObjectAddress, type StorageDriver } from './driver.js';
import { describeObject, type ObjectId } from './object-id.js';
import type { WrittenObject } from './stored-object.js';

/** When new content is compressed. Reading never depends on it. */
export interface CompressionSettings {
  enabled: boolean;
  /** Content is compressed when it is longer than this many units of 1024 bytes. */
  min_size_kbytes: number;
  codec: WriteCodec;
  /** Within the codec's {@link LEVELS}; undefined: its usual one. */
  level?: number;
}

export interface WriteOptions {
  signal?: AbortSignal;
  /** Gives the unique part of each location that is written, of which one content may need two. Default: random. */
  unique?: () => Promise<string>;
}

/** Bytes of the content's start that are held in memory to decide about compression. */
const SAMPLE_BYTES = 1024 * 1024;

/** Bytes of the sample that are tried first: what they show is nearly always true of all of it. */
const PROBE_BYTES = 64 * 1024;

/**
 * Writes content to fresh locations of one driver, compressed if that is asked for and makes it smaller. Memory: at most
 * 1 MiB of the content and its compressed form, whatever its length.
 *
 * Content within the sample is compressed in memory and the smaller form is stored. Longer content is tried on the start
 * of its sample, and where that does not shrink, on all of it: if that does not either, the content (an archive, say) is
 * stored as it is. If the whole turns out not to be smaller after all, it is stored again as it is, read back from the
 * first copy.
 */
export class ContentWriter {
  constructor(
    private readonly driver: StorageDriver,
    private readonly compression: CompressionSettings,
    private readonly discard: (uri: string) => Promise<void>,
  ) {}

  /**
   * @throws StorageError of the driver; `aborted` when the signal fires; the error of `plain` itself as it is.
   * In all these cases nothing of the content stays behind.
   */
  async write(id: ObjectId, plain: Readable, options: WriteOptions = {}): Promise<WrittenObject> {
    // An error between two uses must find a listener; whoever reads next reports it.
    plain.on('error', () => undefined);
    if (options.signal) addAbortSignal(options.signal, plain);
    try {
      return await this.choose(id, plain, options);
    } catch (error) {
      plain.destroy();
      if (!options.signal?.aborted) throw error;
      throw new StorageError('aborted', `writing ${describeObject(id)} was stopped`, { cause: error });
    }
  }

  private async choose(id: ObjectId, plain: Readable, options: WriteOptions): Promise<WrittenObject> {
    const { enabled, codec, level, min_size_kbytes: minSize } = this.compression;
    if (!enabled) return this.store(id, plain, 'identity', options);

    const threshold = minSize * 1024;
    const { head, ended } = await readHead(plain, SAMPLE_BYTES);
    if (ended) {
      if (head.length <= threshold) return this.store(id, bufferStream(head), 'identity', options);
      const encoded = await encodeBuffer(codec, head, level);
      if (encoded.length >= head.length) return this.store(id, bufferStream(head), 'identity', options);
      return this.storeEncoded(id, head, encoded, codec, options);
    }

    const rest = Readable.from(headThenRest(head, plain), { objectMode: false });
    rest.once('close', () => plain.destroy());
    if (threshold > SAMPLE_BYTES) {
      const first = await this.store(id, rest, 'identity', options);
      return first.size > threshold ? this.storeAgain(id, first, codec, options) : first;
    }
    const shrinks = async (part: Buffer): Promise<boolean> =>
      (await encodeBuffer(codec, part, level)).length < part.length;
    const worthwhile = (await shrinks(head.subarray(0, PROBE_BYTES))) || (await shrinks(head));
    if (!worthwhile) return this.store(id, rest, 'identity', options);
    const first = await this.store(id, rest, codec, options);
    return first.storedSize < first.size ? first : this.storeAgain(id, first, 'identity', options);
  }

  /** Writes the content of `first` once more in another form and keeps the smaller of the two. */
  private async storeAgain(id: ObjectId, first: WrittenObject, codec: Codec, options: WriteOptions) {
    let second: WrittenObject;
    try {
      const stored = await this.driver.get(first.uri, options);
      second = await this.store(id, verifiedPlain(first, stored), codec, options);
    } catch (error) {
      await this.discard(first.uri);
      throw error;
    }
    const [kept, dropped] = second.storedSize < first.storedSize ? [second, first] : [first, second];
    await this.discard(dropped.uri);
    return kept;
  }

  private async storeEncoded(id: ObjectId, plain: Buffer, encoded: Buffer, codec: Codec, options: WriteOptions) {
    const address = await fresh(id, options);
    const { uri, size: storedSize, proven } = await this.driver.put(address, bufferStream(encoded), options);
    const digest = `sha256:${createHash('sha256').update(plain).digest('hex')}`;
    return { uri, codec, size: plain.length, storedSize, digest, ...(proven ? { proven } : {}) };
  }

  private async store(id: ObjectId, plain: Readable, codec: Codec, options: WriteOptions): Promise<WrittenObject> {
    const address = await fresh(id, options);
    if (plain.errored) throw plain.errored;
    const meter = new Meter();
    const encoder = codec === 'gzip' || codec === 'zstd' ? createEncoder(codec, this.compression.level) : undefined;
    const body = encoder ?? meter;
    // An error of the source comes before the body closes. What the source says afterwards is the echo of a body that
    // the driver gave up.
    let closed = false;
    let sourceError: Error | undefined;
    body.once('close', () => (closed = true));
    plain.once('error', (error) => {
      if (!closed) sourceError = error;
    });
    const flow = pipeline(encoder ? [plain, meter, encoder] : [plain, meter], options);
    const sha256 = encoder ? {} : { sha256: () => meter.sha256() };
    const put = this.driver.put(address, body, { ...options, ...sha256 }).catch((error: unknown) => {
      body.destroy(error as Error);
      throw error;
    });
    const [flowed, stored] = await Promise.allSettled([flow, put]);
    if (stored.status === 'rejected') throw sourceError ?? stored.reason;
    const short = codec === 'identity' && stored.value.size !== meter.bytes;
    if (flowed.status === 'rejected' || short) {
      // A driver that called a broken body or a part of it a success must not get a row.
      await this.discard(stored.value.uri);
      throw sourceError ?? this.incomplete(id, stored.value.size);
    }
    return {
      uri: stored.value.uri,
      codec,
      size: meter.bytes,
      storedSize: stored.value.size,
      digest: `sha256:${meter.sha256()}`,
      ...(stored.value.proven ? { proven: true } : {}),
    };
  }

  private incomplete(id: ObjectId, size: number): StorageError {
    const { name } = this.driver;
    return new StorageError('integrity', `driver ${name} stored only ${size} bytes of object ${describeObject(id)}`, {
      driver: name,
    });
  }
}

async function fresh(id: ObjectId, options: WriteOptions): Promise<ObjectAddress> {
  const unique = options.unique ? await options.unique() : randomUnique();
  return { account: id.account, bucket: id.bucket, key: id.key, unique };
}

/** 128 random bits as the unique part of a location. */
export function randomUnique(): string {
  return randomBytes(16).toString('hex');
}

/** A stream over bytes in memory, in pieces of 64 KiB. */
export function bufferStream(bytes: Buffer): Readable {
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
  };
  return Readable.from(pieces(), { objectMode: false });
}

/** Takes more than `bytes` bytes from the stream unless it ends before; at most one chunk more. */
async function readHead(source: Readable, bytes: number): Promise<{ head: Buffer; ended: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer | string>) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    chunks.push(piece);
    length += piece.length;
    if (length > bytes) return { head: Buffer.concat(chunks), ended: false };
  }
  return { head: Buffer.concat(chunks), ended: true };
}

async function* headThenRest(head: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  for (let at = 0; at < head.length; at += 65536) yield head.subarray(at, at + 65536);
  for await (const chunk of rest as AsyncIterable<Buffer>) yield chunk;
}

/** Counts and digests what passes. */
class Meter extends Transform {
  bytes = 0;
  private readonly hash: Hash = createHash('sha256');
  private digest: string | undefined;

  /** Of all that passed, in hexadecimal; nothing may come afterwards. */
  sha256(): string {
    return (this.digest ??= this.hash.digest('hex'));
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.hash.update(chunk);
    done(null, chunk);
  }
}
