import { isCodec, type Codec } from './codecs.js';
import { StorageError, type SqlPort } from './driver.js';
import { describeObject, type ObjectId } from './object-id.js';
import type { ObjectMetadata, StoredObject } from './stored-object.js';

interface Row {
  userId: string;
  bucket: string;
  archiveId: string;
  content_url: string | null;
  is_compressed: boolean | null;
  codec: string | null;
  digest: string | null;
  size: string | number | null;
  stored_size: string | number | null;
  created_at: number | null;
  last_updated: number | null;
}

const COLUMNS = `"userId", bucket, "archiveId", content_url, is_compressed, codec, digest, size, stored_size,
  created_at, last_updated`;
const OBJECT = `"userId" = $1 AND bucket = $2 AND "archiveId" = $3`;
/** First part of this lock's key in PostgreSQL's space of advisory locks, so that other users' keys differ. */
const LOCK_SPACE = 0x6b6f626a;
const PAGE = 500;

const identity = (id: ObjectId): string[] => [id.account, id.bucket, id.key];

/** The table `archive_metadata`: one row an object. Statements that change a row are single or run in a transaction. */
export class MetadataTable {
  constructor(private readonly sql: SqlPort) {}

  async find(id: ObjectId): Promise<ObjectMetadata | undefined> {
    const rows = await this.sql.query<Row>(`SELECT ${COLUMNS} FROM archive_metadata WHERE ${OBJECT}`, identity(id), {
      name: 'kedge_metadata_find',
    });
    return rows[0] && fromRow(rows[0]);
  }

  /** The rows of those objects that have one, in any order. */
  async findMany(ids: readonly ObjectId[]): Promise<ObjectMetadata[]> {
    const rows = await this.sql.query<Row>(
      `SELECT ${COLUMNS} FROM archive_metadata
       WHERE ("userId", bucket, "archiveId") IN (SELECT * FROM unnest($1::varchar[], $2::varchar[], $3::varchar[]))`,
      [ids.map((id) => id.account), ids.map((id) => id.bucket), ids.map((id) => id.key)],
    );
    return rows.map(fromRow);
  }

  /**
   * Makes `content` the content of the object. `created_at` survives. Writers of one object take turns by an advisory
   * lock, because a row that does not exist yet cannot be locked and its first two writers must not miss each other.
   *
   * @returns the new row and the uri that it no longer points to.
   */
  async commit(id: ObjectId, content: StoredObject): Promise<{ metadata: ObjectMetadata; replaced?: string }> {
    return this.sql.transaction(async (tx) => {
      const lock = [LOCK_SPACE, JSON.stringify(identity(id))];
      await tx.query(`SELECT pg_advisory_xact_lock($1, hashtext($2))`, lock, { name: 'kedge_metadata_turn' });
      const before = await tx.query<Row>(
        `SELECT ${COLUMNS} FROM archive_metadata WHERE ${OBJECT} FOR UPDATE`,
        identity(id),
        { name: 'kedge_metadata_lock' },
      );
      const now = Math.floor(Date.now() / 1000);
      const after = await tx.query<Row>(
        `INSERT INTO archive_metadata
           ("userId", bucket, "archiveId", "documentName", content_url, is_compressed, codec, digest, size, stored_size,
            created_at, last_updated, record_state_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, 'active')
         ON CONFLICT ("userId", bucket, "archiveId") DO UPDATE SET
           content_url = excluded.content_url, is_compressed = excluded.is_compressed, codec = excluded.codec,
           digest = excluded.digest, size = excluded.size, stored_size = excluded.stored_size,
           last_updated = excluded.last_updated
         RETURNING ${COLUMNS}`,
        [
          ...identity(id),
          `${id.key}.json`,
          content.uri,
          content.codec !== 'identity',
          content.codec,
          content.digest ?? null,
          content.size,
          content.storedSize,
          now,
        ],
        { name: 'kedge_metadata_write' },
      );
      const replaced = before[0]?.content_url;
      return { metadata: fromRow(after[0] as Row), ...(replaced ? { replaced } : {}) };
    });
  }

  /**
   * Points rows to new content where nobody changed them meanwhile (same uri, digest and time of update), in one
   * statement. `last_updated` stays: the objects' content is the same, only its place is new.
   *
   * @returns the positions in `switches` of the rows that were switched.
   */
  async switch(
    switches: readonly { before: ObjectMetadata; content: StoredObject }[],
    sql: Pick<SqlPort, 'query'> = this.sql,
  ): Promise<number[]> {
    const column = <T>(pick: (item: { before: ObjectMetadata; content: StoredObject }) => T): T[] => switches.map(pick);
    const rows = await sql.query<{ position: number }>(
      `WITH wanted AS (
         SELECT * FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::varchar[], $5::varchar[], $6::bigint[],
           $7::bigint[], $8::varchar[], $9::varchar[], $10::integer[])
         WITH ORDINALITY AS w (account, bucket, key, uri, codec, size, stored_size, digest, old_uri, old_updated, position)
         JOIN unnest($11::varchar[]) WITH ORDINALITY AS d (old_digest, position) USING (position)
       ), switched AS (
         UPDATE archive_metadata m SET content_url = w.uri, is_compressed = w.codec <> 'identity', codec = w.codec,
           digest = w.digest, size = w.size, stored_size = w.stored_size
         FROM wanted w
         WHERE m."userId" = w.account AND m.bucket = w.bucket AND m."archiveId" = w.key AND m.content_url = w.old_uri
           AND m.digest IS NOT DISTINCT FROM w.old_digest AND coalesce(m.last_updated, 0) = w.old_updated
         RETURNING w.position)
       SELECT position::int - 1 AS position FROM switched`,
      [
        column(({ before }) => before.account),
        column(({ before }) => before.bucket),
        column(({ before }) => before.key),
        column(({ content }) => content.uri),
        column(({ content }) => content.codec),
        column(({ content }) => content.size),
        column(({ content }) => content.storedSize),
        column(({ content }) => content.digest ?? null),
        column(({ before }) => before.uri),
        column(({ before }) => before.lastUpdated.getTime() / 1000),
        column(({ before }) => before.digest ?? null),
      ],
    );
    return rows.map((row) => row.position);
  }

  /** Removes the row. `check` sees it first, under lock, and may throw to keep it. */
  async remove(id: ObjectId, check: (metadata: ObjectMetadata) => void): Promise<ObjectMetadata | undefined> {
    return this.sql.transaction(async (tx) => {
      const rows = await tx.query<Row>(
        `SELECT ${COLUMNS} FROM archive_metadata WHERE ${OBJECT} FOR UPDATE`,
        identity(id),
      );
      if (!rows[0]) return undefined;
      const metadata = fromRow(rows[0]);
      check(metadata);
      await tx.query(`DELETE FROM archive_metadata WHERE ${OBJECT}`, identity(id));
      return metadata;
    });
  }

  /** Up to `limit` rows behind `after`, ordered by account, bucket and key. */
  async page(options: { after?: ObjectId; limit: number; buckets?: string[] }): Promise<ObjectMetadata[]> {
    const parameters: unknown[] = [options.limit];
    const conditions: string[] = [];
    if (options.after) {
      parameters.push(...identity(options.after));
      conditions.push(`("userId", bucket, "archiveId") > ($2, $3, $4)`);
    }
    if (options.buckets) {
      parameters.push(options.buckets);
      conditions.push(`bucket = ANY($${parameters.length}::varchar[])`);
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const rows = await this.sql.query<Row>(
      `SELECT ${COLUMNS} FROM archive_metadata ${where} ORDER BY "userId", bucket, "archiveId" LIMIT $1`,
      parameters,
    );
    return rows.map(fromRow);
  }

  /** Those of the locations that some row points to. */
  async pointedTo(uris: readonly string[]): Promise<Set<string>> {
    const rows = await this.sql.query<{ uri: string }>(
      `SELECT content_url AS uri FROM archive_metadata WHERE content_url = ANY($1::varchar[])`,
      [uris],
    );
    return new Set(rows.map((row) => row.uri));
  }

  async *keys(account: string, bucket: string): AsyncIterable<string> {
    let after: string | undefined;
    for (;;) {
      const rows = await this.sql.query<{ key: string }>(
        `SELECT "archiveId" AS key FROM archive_metadata
         WHERE "userId" = $1 AND bucket = $2 AND ($3::varchar IS NULL OR "archiveId" > $3)
         ORDER BY "archiveId" LIMIT ${PAGE}`,
        [account, bucket, after ?? null],
      );
      for (const row of rows) yield row.key;
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.key;
    }
  }

  /** How many rows each uri scheme has. Reads the whole table; for a check at start. */
  async countSchemes(): Promise<Map<string, number>> {
    const rows = await this.sql.query<{ scheme: string; rows: number }>(
      `SELECT split_part(coalesce(content_url, ''), '://', 1) AS scheme, count(*)::int AS rows
       FROM archive_metadata GROUP BY 1`,
    );
    return new Map(rows.map((row) => [row.scheme, row.rows]));
  }
}

function fromRow(row: Row): ObjectMetadata {
  const id = { account: row.userId, bucket: row.bucket, key: row.archiveId };
  const size = Number(row.size ?? 0);
  return {
    ...id,
    uri: row.content_url ?? '',
    codec: codecOf(row, id),
    size,
    storedSize: Number(row.stored_size ?? size),
    ...(row.digest === null ? {} : { digest: row.digest }),
    createdAt: new Date((row.created_at ?? 0) * 1000),
    lastUpdated: new Date((row.last_updated ?? 0) * 1000),
  };
}

/** Rows of the old system have no codec; there `is_compressed` means zlib. */
function codecOf(row: Row, id: ObjectId): Codec {
  if (row.codec === null) return row.is_compressed ? 'zlib' : 'identity';
  if (isCodec(row.codec)) return row.codec;
  throw new StorageError(
    'integrity',
    `object ${describeObject(id)} is stored with codec "${row.codec}", which this version does not know; upgrade Kedge`,
  );
}
