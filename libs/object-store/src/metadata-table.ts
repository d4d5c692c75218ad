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
    const rows = await this.sql.query<Row>(`SELECT ${COLUMNS} FROM archive_metadata WHERE ${OBJECT}`, identity(id));
    return rows[0] && fromRow(rows[0]);
  }

  /**
   * Makes `content` the content of the object. `created_at` survives. Writers of one object take turns by an advisory
   * lock, because a row that does not exist yet cannot be locked and its first two writers must not miss each other.
   *
   * @returns the new row and the uri that it no longer points to.
   */
  async commit(id: ObjectId, content: StoredObject): Promise<{ metadata: ObjectMetadata; replaced?: string }> {
    return this.sql.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock($1, hashtext($2))`, [LOCK_SPACE, JSON.stringify(identity(id))]);
      const before = await tx.query<Row>(
        `SELECT ${COLUMNS} FROM archive_metadata WHERE ${OBJECT} FOR UPDATE`,
        identity(id),
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
      );
      const replaced = before[0]?.content_url;
      return { metadata: fromRow(after[0] as Row), ...(replaced ? { replaced } : {}) };
    });
  }

  /**
   * Points the row of `before` to `content` if nobody changed it meanwhile (same uri, digest and time of update).
   * `last_updated` stays: the object's content is the same, only its place is new.
   */
  async switch(before: ObjectMetadata, content: StoredObject): Promise<boolean> {
    const rows = await this.sql.query(
      `WITH switched AS (
         UPDATE archive_metadata SET content_url = $4, is_compressed = $5, codec = $6, digest = $7, size = $8,
           stored_size = $9
         WHERE ${OBJECT} AND content_url = $10 AND digest IS NOT DISTINCT FROM $11
           AND coalesce(last_updated, 0) = $12
         RETURNING 1)
       SELECT 1 AS switched FROM switched`,
      [
        ...identity(before),
        content.uri,
        content.codec !== 'identity',
        content.codec,
        content.digest ?? null,
        content.size,
        content.storedSize,
        before.uri,
        before.digest ?? null,
        before.lastUpdated.getTime() / 1000,
      ],
    );
    return rows.length === 1;
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
