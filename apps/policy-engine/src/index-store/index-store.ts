import { ImageStates, type Sql, type SqlConnection } from '@kedge/database';
import type { AnalysisContent, Artifact } from '../analysis-document/analysis-content.js';
import { comparePackages } from '../verification/compare-packages.js';
import { packDifferences } from '../verification/stored-differences.js';
import { shareRows, type SharedRow, type SharedTable } from './shared-rows.js';
import { BLOCKS, blockRows, CONTENTS, contentRows, PACKAGES, packageRows } from './shared-tables.js';
import { storable, storableJson, storableOrNull } from './text.js';

/** An image of an account by the digest of its manifest. */
export interface ImageName {
  account: string;
  digest: string;
}

/** "kedge" and "index" in ASCII: shared while rows are shared, exclusive while they are freed. */
const INDEX_LOCK = [0x6b656467, 0x696e6478] as const;
/** Rows that are encoded and looked up at a time: some megabytes. */
const BATCH = 100;
/** Forgotten images that one transaction frees. */
const GARBAGE_BATCH = 50;

/** Where the policy engine keeps what analyses say. */
export class IndexStore {
  constructor(private readonly sql: Sql) {}

  /**
   * Stores an image in place of what was stored of it, and marks it as analysed, in one transaction. What other images
   * have as well is only referenced.
   *
   * @returns false, with nothing stored, when the image was deleted meanwhile.
   */
  async store(name: ImageName, content: AnalysisContent, signal?: AbortSignal): Promise<boolean> {
    const differences = await comparePackages(content, signal);
    const packedDifferences = differences && (await packDifferences(differences));
    const stored = await this.sql
      .transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [...INDEX_LOCK]);
        const packageIds = await this.share(tx, PACKAGES, packageRows(content.packages), signal);
        const { packageDb, files } = content;
        const contents = packageDb && contentRows(packageDb.entries, packageDb.contents);
        const contentIds = contents && (await this.share(tx, CONTENTS, contents, signal));
        const blockIds = files && (await this.share(tx, BLOCKS, blockRows(files), signal));
        const former = await drop(tx, name);
        const image = await this.insertImage(tx, name, content, {
          ...{ packageIds, contentIds, blockIds, packedDifferences },
        });
        await insertArtifacts(tx, image, content.artifacts);
        if (former !== undefined) await takeOverFirstSeen(tx, former, image, packageIds);
        signal?.throwIfAborted();
        if (!(await new ImageStates(tx).finish(name.account, name.digest))) throw new ImageGone();
        return true;
      })
      .catch((error: unknown) => {
        if (error instanceof ImageGone) return false;
        throw error;
      });
    if (stored) await this.collect();
    return stored;
  }

  /** Deletes what is stored of an image and what nothing else needs. False when there was nothing. */
  async forget(name: ImageName): Promise<boolean> {
    const dropped = await this.sql.transaction(async (tx) => {
      const former = await drop(tx, name);
      if (former !== undefined) await tx.query('DELETE FROM image_package_vulnerabilities WHERE image = $1', [former]);
      return former;
    });
    await this.collect();
    return dropped !== undefined;
  }

  /** Frees what images that are gone were the last to need, also after a process that died before it could. */
  async collect(): Promise<void> {
    while (await this.sql.transaction((tx) => collectSome(tx)));
  }

  private async share(
    tx: SqlConnection,
    table: SharedTable,
    rows: Iterable<SharedRow>,
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    const batches: Promise<string[]>[] = [];
    let batch: SharedRow[] = [];
    const send = async (): Promise<void> => {
      signal?.throwIfAborted();
      // The server works on one batch while the next one is encoded.
      await batches.at(-2);
      const sent = shareRows(tx, table, batch);
      sent.catch(() => undefined); // reported below, or by the transaction
      batches.push(sent);
      batch = [];
    };
    for (const row of rows) if (batch.push(row) === BATCH) await send();
    await send();
    return (await Promise.all(batches)).flat();
  }

  private async insertImage(
    tx: SqlConnection,
    name: ImageName,
    { facts, files }: AnalysisContent,
    ids: {
      packageIds: string[];
      contentIds: string[] | undefined;
      blockIds: string[] | undefined;
      packedDifferences: Buffer | undefined;
    },
  ): Promise<string> {
    const values = {
      account: name.account,
      digest: name.digest,
      image_id: storable(facts.imageId ?? ''),
      size: facts.size,
      distro_name: storableOrNull(facts.distroName),
      distro_version: storableOrNull(facts.distroVersion),
      like_distro: storableOrNull(facts.likeDistro),
      architecture: storableOrNull(facts.architecture),
      os: storableOrNull(facts.os),
      layer_count: facts.layerCount,
      dockerfile_mode: storableOrNull(facts.dockerfileMode),
      dockerfile_contents: storableOrNull(facts.dockerfileContents),
      report: storableJson(facts.report),
      package_ids: ids.packageIds,
      content_ids: ids.contentIds ?? null,
      file_block_ids: ids.blockIds ?? null,
      package_differences: ids.packedDifferences ?? null,
      file_count: files?.sortedRows().length ?? 0,
    };
    const columns = Object.keys(values);
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO policy_image (${columns.join(', ')}) VALUES (${columns.map((_name, at) => `$${at + 1}`).join(', ')})
       RETURNING id`,
      Object.values(values),
    );
    return row?.id ?? '';
  }
}

/** Rolls the transaction back. */
class ImageGone extends Error {}

async function insertArtifacts(tx: SqlConnection, image: string, artifacts: readonly Artifact[]): Promise<void> {
  for (let from = 0; from < artifacts.length; from += BATCH) {
    const rows = artifacts
      .slice(from, from + BATCH)
      .map(({ kind, key, value, content }) => [
        image,
        kind,
        storable(key),
        content === undefined ? storableJson(value) : null,
        content ?? null,
      ]);
    const places = rows.map(
      (row, at) => `(${row.map((_value, column) => `$${at * row.length + column + 1}`).join(',')})`,
    );
    await tx.query(
      `INSERT INTO image_artifact (image, kind, key, value, content) VALUES ${places.join(',')}`,
      rows.flat(),
    );
  }
}

/**
 * Deletes the image's row, with all that hangs on it, and notes what it referenced. Answers the row's id; undefined when
 * there was none.
 */
async function drop(tx: SqlConnection, { account, digest }: ImageName): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>(
    `WITH gone AS (
       DELETE FROM policy_image WHERE account = $1 AND digest = $2
       RETURNING id, package_ids, content_ids, file_block_ids),
     noted AS (
       INSERT INTO index_garbage (package_ids, content_ids, file_block_ids)
       SELECT package_ids, content_ids, file_block_ids FROM gone)
     SELECT id FROM gone`,
    [account, digest],
  );
  return row?.id;
}

/** What was seen in packages that the image still has was seen when it was seen, though the image has a new row. */
async function takeOverFirstSeen(
  tx: SqlConnection,
  former: string,
  image: string,
  packageIds: readonly string[],
): Promise<void> {
  await tx.query(
    'UPDATE image_package_vulnerabilities SET image = $2 WHERE image = $1 AND package = ANY($3::bigint[])',
    [former, image, packageIds],
  );
  await tx.query('DELETE FROM image_package_vulnerabilities WHERE image = $1', [former]);
}

/**
 * Frees what some forgotten images referenced and no image references now. The exclusive lock waits for transactions that
 * are about to reference rows, so the statements see all references that there are.
 */
async function collectSome(tx: SqlConnection): Promise<boolean> {
  const [waiting] = await tx.query('SELECT 1 FROM index_garbage LIMIT 1');
  if (!waiting) return false;
  await tx.query('SELECT pg_advisory_xact_lock($1, $2)', [...INDEX_LOCK]);
  const garbage = await tx.query<Record<'package_ids' | 'content_ids' | 'file_block_ids', string[] | null>>(
    `DELETE FROM index_garbage WHERE id IN (SELECT id FROM index_garbage ORDER BY id LIMIT $1)
     RETURNING package_ids, content_ids, file_block_ids`,
    [GARBAGE_BATCH],
  );
  for (const [table, column] of [
    [PACKAGES.name, 'package_ids'],
    [CONTENTS.name, 'content_ids'],
    [BLOCKS.name, 'file_block_ids'],
  ] as const) {
    const ids = [...new Set(garbage.flatMap((row) => row[column] ?? []))];
    if (ids.length === 0) continue;
    await tx.query(
      `DELETE FROM ${table} shared WHERE id = ANY($1::bigint[])
         AND NOT EXISTS (SELECT 1 FROM policy_image WHERE ${column} @> ARRAY[shared.id])`,
      [ids],
    );
  }
  return garbage.length > 0;
}
