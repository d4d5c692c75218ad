import type { Readable } from 'node:stream';

/*
 * Terms: an *object* is (account, bucket, key). *Bucket* is always the logical bucket (`analysis_data`, ...); the bucket
 * or container of a storage service is the *backend bucket*. A *location* is where a driver keeps the bytes of one
 * object; the portable ObjectStore makes a fresh location for every put, so a driver never overwrites.
 */

/** Why a storage operation failed. Programs act on the code, never on the message. */
export type StorageErrorCode =
  | 'not_found'
  | 'access_denied'
  | 'unavailable'
  | 'no_space'
  | 'integrity'
  | 'invalid_key'
  | 'invalid_config'
  | 'aborted'
  | 'unknown';

/** The only error a driver or the store throws. `message` names the thing and the way out and holds no secret. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly code: StorageErrorCode,
    message: string,
    readonly context: { driver?: string; uri?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: context.cause });
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return this.code === 'unavailable';
  }
}

/** Where a new object goes. `unique` makes the location fresh; drivers append it to the documented layout. */
export interface ObjectAddress {
  account: string;
  bucket: string;
  key: string;
  unique: string;
}

export interface StoredContent {
  uri: string;
  /** Bytes stored. */
  size: number;
  /** True when the server itself has said, by a checksum of what it received, that it has these bytes. */
  proven?: true;
}

export interface PutOptions {
  signal?: AbortSignal;
  /**
   * The SHA-256 of what the body gave, in hexadecimal, for drivers whose server is to be told it. To be called once the
   * body has ended. Absent when the caller does not compute it.
   */
  sha256?: () => string;
}

export interface DeleteOptions {
  /** The caller is going to call {@link StorageDriver.reclaim}; until then it is enough that nobody can read the content. */
  roomLater?: boolean;
}

/** A location that {@link StorageDriver.deleteMany} could not delete, and why. */
export interface DeleteFailure {
  uri: string;
  error: StorageError;
}

/**
 * What a storage driver does. Drivers never log, never know compression or digests, read no environment, keep no
 * module-level state and may be called concurrently. They repeat nothing but single requests that failed in passing,
 * as often as their configuration says. Every rejection is a {@link StorageError}.
 */
export interface StorageDriver {
  /** Config name: `db`, `localfs`, ... */
  readonly name: string;
  /** URI scheme without colon: `db`, `file`, ... Reads and deletes are routed by it. */
  readonly scheme: string;
  /**
   * Identity of the place this driver writes to (scheme, endpoint, backend bucket, prefix or directory), without
   * credentials. Two drivers with equal places see the same objects.
   */
  readonly place: string;
  /** Connects and proves write, read-back and delete under the prefix. Idempotent. */
  init(): Promise<void>;
  /**
   * Every location that a put of this address may make. With it a caller can write down where it is going to put
   * something, and clear that away after the process was killed; without it, only `fsck` finds such content.
   */
  locate?(address: ObjectAddress): string[];
  /** Stores the whole body at a fresh location, or nothing at all when body, signal or backend fails. */
  put(address: ObjectAddress, body: Readable, options?: PutOptions): Promise<StoredContent>;
  /** Opens the content. Rejects `not_found` before a stream is handed out. The caller consumes or destroys it. */
  get(uri: string, options?: { signal?: AbortSignal }): Promise<Readable>;
  /** Size in bytes, or undefined when there is no such content. */
  stat(uri: string): Promise<{ size: number } | undefined>;
  /** Missing content is success. */
  delete(uri: string): Promise<void>;
  /**
   * Deletes any number of locations in as few calls as the backend allows. Missing content is success. A failure ends
   * nothing: what could not be deleted is returned, all the rest is gone. See {@link deleteEach} for backends without
   * a call for many.
   */
  deleteMany(uris: readonly string[], options?: DeleteOptions): Promise<DeleteFailure[]>;
  /**
   * Gives back the room of what was deleted with `roomLater`, also by processes that ended before they could. For backends
   * that free room in one go for less than piece by piece; the others leave it out and free it in `deleteMany`.
   *
   * @param options.signal ends it early; `init` or the next call frees the rest
   */
  reclaim?(options?: { signal?: AbortSignal }): Promise<void>;
  /** True when the uri lies in this driver's place. */
  owns(uri: string): boolean;
  /** Every location in this place, in any order, in constant memory. */
  list(): AsyncIterable<{ uri: string; size: number; modifiedAt: Date }>;
  close(): Promise<void>;
}

/** SQL access handed to drivers that keep content in the service's database. */
export interface SqlPort {
  /** @param options `name` of a statement that runs very often, which each connection then parses and plans once */
  query<T = Record<string, unknown>>(sql: string, parameters?: unknown[], options?: { name?: string }): Promise<T[]>;
  /** The output of a `COPY ... TO STDOUT`, piece by piece; a connection of the pool is taken until the last one. */
  copyOut(sql: string): AsyncIterable<Buffer>;
  /** Runs `work` in one transaction on one connection. */
  transaction<T>(work: (tx: Pick<SqlPort, 'query'>) => Promise<T>): Promise<T>;
}

/** What the registry hands to a driver factory. */
export interface DriverContext {
  sql?: SqlPort;
  /** Told of settings that have no effect, in one line each. */
  warn?: (message: string) => void;
}

/**
 * A driver package exports one of these as `kedgeDriver` (or default). `configSchema` has `parse`, which answers or throws
 * at once; of a package that a configuration names, any Standard Schema will do. `list-drivers` describes the keys of
 * a schema that speaks Standard JSON Schema; zod does from 4.2 on.
 */
export interface DriverPlugin<C = unknown> {
  apiVersion: 1;
  name: string;
  scheme: string;
  description: string;
  configSchema: { parse(value: unknown): C };
  create(config: C, context: DriverContext): StorageDriver;
}
