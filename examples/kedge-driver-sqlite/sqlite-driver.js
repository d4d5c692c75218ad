import { deleteEach, flatName, StorageError } from '@kedge/object-store';
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { addAbortSignal, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const PAGE = 500;
const DAY_MS = 24 * 60 * 60 * 1000;

/*
 * An object is a row of `object`, its bytes are rows of `piece` in order. The row comes first and has no size until all
 * pieces are there: what has no size is no object. No id is used twice, so a reader never gets pieces of a later object.
 */
const SCHEMA = `
  PRAGMA busy_timeout = 10000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS object (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, size INTEGER, modified_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS piece (
    id INTEGER NOT NULL REFERENCES object ON DELETE CASCADE, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (id, n));`;

/**
 * SQLite's result codes (sqlite.org/rescode.html) in words of Kedge; all others are `unknown`. Callers act on the code:
 * they try again after `unavailable` and never after `invalid_config`, say.
 *
 * @type {Record<number, import('@kedge/object-store').StorageErrorCode>}
 */
const CODES = {
  3: 'access_denied', // PERM
  5: 'unavailable', // BUSY
  8: 'access_denied', // READONLY
  10: 'unavailable', // IOERR
  13: 'no_space', // FULL
  14: 'invalid_config', // CANTOPEN
  26: 'invalid_config', // NOTADB
};

/**
 * Keeps content in one SQLite file. Locations are `sqlite:///path/of/file/<account>/<bucket>/<key>.<unique>`.
 *
 * @param {string} file absolute path
 * @returns {import('@kedge/object-store').StorageDriver}
 */
export function sqliteDriver(file) {
  const driver = 'sqlite';
  const place = pathToFileURL(file).href.replace(/^file:/, 'sqlite:');
  /** @type {DatabaseSync | undefined} */
  let database;

  /** @type {(code: import('@kedge/object-store').StorageErrorCode, message: string, uri?: string, cause?: unknown) => StorageError} */
  const failure = (code, message, uri = place, cause) => new StorageError(code, message, { driver, uri, cause });

  /**
   * No error but a StorageError leaves a driver; this is where SQLite's become one.
   *
   * @type {<T>(doing: string, call: () => T) => T}
   */
  const attempt = (doing, call) => {
    try {
      return call();
    } catch (cause) {
      const { errcode = 0, message } = /** @type {Error & { errcode?: number }} */ (cause);
      const code = CODES[errcode & 0xff] ?? 'unknown'; // the low byte is the code, the others are details of it
      throw failure(code, `sqlite driver: ${doing} failed: ${message}`, place, cause);
    }
  };

  /** @type {(doing: string, sql: string, ...values: (string | number | Uint8Array)[]) => any[]} */
  const rows = (doing, sql, ...values) => {
    const opened = database;
    if (!opened) throw failure('unavailable', `sqlite driver: ${doing} failed: ${file} is not open`);
    return attempt(doing, () => opened.prepare(sql).all(...values));
  };

  /** @type {(uri: string) => string} */
  const nameOf = (uri) => {
    if (uri.startsWith(`${place}/`)) return uri.slice(place.length + 1);
    throw failure('invalid_config', `${uri} is not in ${file}; configure the file that it is in`, uri);
  };

  /** @type {(address: import('@kedge/object-store').ObjectAddress) => string} */
  const locationOf = (address) => `${place}/${flatName('', address)}`;

  /** @type {(uri: string) => { id: number, size: number } | undefined} */
  const find = (uri) =>
    rows(`looking up ${uri}`, 'SELECT id, size FROM object WHERE name = ? AND size IS NOT NULL', nameOf(uri))[0];

  /** @type {(uri: string, id: number, size: number) => AsyncGenerator<Buffer>} */
  async function* content(uri, id, size) {
    for (let n = 0, sent = 0; sent < size; n++) {
      const [piece] = rows(`reading ${uri}`, 'SELECT bytes FROM piece WHERE id = ? AND n = ?', id, n);
      if (!piece) throw failure('not_found', `${uri} was deleted while it was read`, uri);
      sent += piece.bytes.length;
      yield Buffer.from(piece.bytes);
    }
  }

  return {
    name: driver,
    scheme: 'sqlite',
    place,

    async init() {
      const opened = (database ??= attempt(`opening ${file}`, () => new DatabaseSync(file)));
      attempt(`preparing ${file}`, () => opened.exec(SCHEMA));
      // Left by processes that died in the middle of a put.
      rows('clearing', 'DELETE FROM object WHERE size IS NULL AND modified_ms < ?', Date.now() - DAY_MS);
      const probe = { account: 'kedge-system', bucket: 'probe', key: 'probe', unique: randomUUID() };
      const { uri } = await this.put(probe, Readable.from([Buffer.from('self check')]));
      const found = Buffer.concat(await (await this.get(uri)).toArray()).toString();
      await this.delete(uri);
      if (found !== 'self check') throw failure('integrity', `${file} gave back something else than was written`);
    },

    locate(address) {
      return [locationOf(address)];
    },

    async put(address, body, { signal } = {}) {
      const uri = locationOf(address);
      const name = nameOf(uri);
      const doing = `writing ${uri}`;
      let id = 0;
      try {
        signal?.throwIfAborted();
        const begin = 'INSERT INTO object (name, modified_ms) VALUES (?, ?) RETURNING id';
        [{ id }] = rows(doing, begin, name, Date.now());
        let [n, size] = [0, 0];
        for await (const bytes of signal ? addAbortSignal(signal, body) : body) {
          if (bytes.length === 0) continue;
          rows(doing, 'INSERT INTO piece (id, n, bytes) VALUES (?, ?, ?)', id, n++, bytes);
          size += bytes.length;
        }
        signal?.throwIfAborted();
        // FULL has the write-ahead log, with all that was written before, on the disk when the statement returns.
        rows(doing, 'PRAGMA synchronous = FULL');
        rows(doing, 'UPDATE object SET size = ?, modified_ms = ? WHERE id = ?', size, Date.now(), id);
        rows(doing, 'PRAGMA synchronous = NORMAL');
        return { uri, size };
      } catch (cause) {
        body.destroy();
        if (id > 0 && database?.isOpen) rows(doing, 'DELETE FROM object WHERE id = ?', id);
        if (signal?.aborted) throw failure('aborted', `${doing} was stopped`, uri, cause);
        if (cause instanceof StorageError) throw cause;
        throw failure('unknown', `${doing} failed: ${/** @type {Error} */ (cause).message}`, uri, cause);
      }
    },

    async get(uri, { signal } = {}) {
      if (signal?.aborted) throw failure('aborted', `reading ${uri} was stopped`, uri);
      const found = find(uri);
      if (!found) throw failure('not_found', `there is no content at ${uri}`, uri);
      const body = Readable.from(content(uri, found.id, found.size), { objectMode: false });
      return signal ? addAbortSignal(signal, body) : body;
    },

    async stat(uri) {
      const found = find(uri);
      return found && { size: found.size };
    },

    async delete(uri) {
      rows(`deleting ${uri}`, 'DELETE FROM object WHERE name = ? AND size IS NOT NULL', nameOf(uri));
    },

    deleteMany(uris) {
      return deleteEach(uris, (uri) => this.delete(uri));
    },

    owns(uri) {
      return uri.startsWith(`${place}/`);
    },

    async *list() {
      const sql = 'SELECT * FROM object WHERE id > ? AND size IS NOT NULL ORDER BY id LIMIT ?';
      for (let after = 0; ;) {
        const page = rows(`listing ${file}`, sql, after, PAGE);
        for (const { name, size, modified_ms: modified } of page) {
          yield { uri: `${place}/${name}`, size, modifiedAt: new Date(modified) };
        }
        if (page.length < PAGE) return;
        after = page.at(-1).id;
      }
    },

    async close() {
      database?.close();
      database = undefined;
    },
  };
}
