import type { Sql } from '@kedge/database';
import type { ImageFile, ListedFile } from '@kedge/policy';
import { FileBlock } from '../packed/file-block.js';
import { comparedWith } from '../packed/sorted-paths.js';
import type { ContentCache } from './content-cache.js';
import { FairTurns } from './fair-turns.js';
import { ImageChanged } from './image-changed.js';
import { readAhead } from './read-ahead.js';

/** Blocks that one statement fetches: about 1 MB, of which digests are three quarters. */
const FETCH = 32;
const FETCH_LISTED = 64;

/**
 * The part of a block in front of its digests, which begins with its own length (see `deflated`). Blocks are not
 * compressed once more, so PostgreSQL reads no more of them than that.
 */
const LISTED = `
  CASE WHEN get_byte(head, 0) < 128 THEN substring(files FROM 1 FOR 1 + get_byte(head, 0))
    WHEN get_byte(head, 1) < 128 THEN substring(files FROM 1 FOR 2 + get_byte(head, 0) - 128 + get_byte(head, 1) * 128)
    WHEN get_byte(head, 2) < 128 THEN substring(files FROM 1 FOR
      3 + get_byte(head, 0) - 128 + (get_byte(head, 1) - 128) * 128 + get_byte(head, 2) * 16384)
    ELSE files END`;

/** The squashed file tree of one image, block by block. */
export class FileTree {
  /** First path of each block. */
  private starts: Promise<string[]> | undefined;

  constructor(
    private readonly sql: Pick<Sql, 'query'>,
    private readonly imageId: string,
    private readonly blockIds: readonly string[],
    private readonly cache: ContentCache<FileBlock>,
  ) {}

  /** The files at these paths, in their order. */
  async at(paths: readonly string[]): Promise<(ImageFile | undefined)[]> {
    const starts = await (this.starts ??= this.readStarts());
    const wanted = new Map<number, number[]>();
    let block = -1;
    for (const [place, path] of paths.entries()) {
      block = lastNotAfter(starts, path, block);
      if (block < 0) continue;
      const list = wanted.get(block);
      if (list) list.push(place);
      else wanted.set(block, [place]);
    }
    const found = new Array<ImageFile | undefined>(paths.length).fill(undefined);
    const places = [...wanted.keys()].sort((a, b) => a - b);
    const turns = new FairTurns();
    const fetch = (run: readonly number[]) => this.blocks(run.map((place) => this.blockIds[place] ?? ''));
    for await (const { run, fetched } of readAhead(places, FETCH, fetch)) {
      for (const [at, block] of run.entries()) {
        await turns.next();
        for (const place of wanted.get(block) ?? []) found[place] = fetched[at]?.find(paths[place] ?? '');
      }
    }
    return found;
  }

  /** All files by path, block by block. */
  async *all(): AsyncGenerator<Iterable<ListedFile>> {
    const turns = new FairTurns();
    for await (const { fetched } of readAhead(this.blockIds, FETCH_LISTED, (ids) => this.listedBlocks(ids))) {
      for (const block of fetched) {
        await turns.next();
        yield block.files();
      }
    }
  }

  private blocks(ids: readonly string[]): Promise<FileBlock[]> {
    return this.cached(ids, '', (missing) =>
      // Base64, because Node.js reads it in half the time that hex takes, which is PostgreSQL's own form.
      this.sql.query(`SELECT id, encode(files, 'base64') AS files FROM file_block WHERE id = ANY($1::bigint[])`, [
        missing,
      ]),
    );
  }

  /** The same without digests. */
  private listedBlocks(ids: readonly string[]): Promise<FileBlock[]> {
    return this.cached(ids, 'listed ', (missing) =>
      // OFFSET 0: the head is read once, not for each of its bytes.
      this.sql.query(
        `SELECT id, encode(${LISTED}, 'base64') AS files
         FROM file_block, LATERAL (SELECT substring(files FROM 1 FOR 3) AS head OFFSET 0) AS begin
         WHERE id = ANY($1::bigint[])`,
        [missing],
      ),
    );
  }

  /** Blocks of which those without digests have the prefix in the cache; one that has them serves for both. */
  private async cached(
    ids: readonly string[],
    prefix: string,
    read: (missing: string[]) => Promise<{ id: string; files: string }[]>,
  ): Promise<FileBlock[]> {
    const blocks = new Map<string, FileBlock>();
    for (const id of ids) {
      const known = this.cache.get(id) ?? this.cache.get(prefix + id);
      if (known) blocks.set(id, known);
    }
    const missing = ids.filter((id) => !blocks.has(id));
    if (missing.length > 0) {
      for (const row of await read(missing)) {
        const block = new FileBlock(Buffer.from(row.files, 'base64'));
        blocks.set(row.id, block);
        this.cache.set(prefix + row.id, block);
      }
    }
    return ids.map((id) => {
      const block = blocks.get(id);
      if (!block) throw new ImageChanged(this.imageId);
      return block;
    });
  }

  private async readStarts(): Promise<string[]> {
    const rows = await this.sql.query<{ id: string; first_path: string }>(
      'SELECT id, first_path FROM file_block WHERE id = ANY($1::bigint[])',
      [this.blockIds],
    );
    const starts = new Map(rows.map((row) => [row.id, row.first_path]));
    return this.blockIds.map((id) => {
      const start = starts.get(id);
      if (start === undefined) throw new ImageChanged(this.imageId);
      return start;
    });
  }
}

/** The last of the ascending texts that is not after `text`; -1 when all are. `guess`: where the text before was. */
function lastNotAfter(ascending: readonly string[], text: string, guess: number): number {
  const compare = comparedWith(text);
  const isNotAfter = (place: number) => compare(ascending[place] as string) <= 0;
  // Neighbours mostly are in one block.
  if (guess >= 0 && isNotAfter(guess) && (guess + 1 === ascending.length || !isNotAfter(guess + 1))) return guess;
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isNotAfter(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
