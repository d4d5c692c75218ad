import type { Sql } from '@kedge/database';
import type { ImageFile } from '@kedge/policy';
import { FileBlock } from '../packed/file-block.js';
import type { ContentCache } from './content-cache.js';
import { FairTurns } from './fair-turns.js';
import { ImageChanged } from './image-changed.js';

/** Blocks that one statement fetches, about 3 MB. */
const FETCH = 64;

/** The squashed file tree of one image, block by block. */
export class FileTree {
  /** First path of each block. */
  private starts: Promise<Buffer[]> | undefined;

  constructor(
    private readonly sql: Pick<Sql, 'query'>,
    private readonly imageId: string,
    private readonly blockIds: readonly string[],
    private readonly cache: ContentCache<FileBlock>,
  ) {}

  /** The files among these paths. */
  async at(paths: readonly string[]): Promise<Map<string, ImageFile>> {
    const starts = await (this.starts ??= this.readStarts());
    const wanted = new Map<number, string[]>();
    let place = -1;
    for (const path of paths) {
      place = lastNotAfter(starts, path, place);
      if (place < 0) continue;
      const list = wanted.get(place);
      if (list) list.push(path);
      else wanted.set(place, [path]);
    }
    const found = new Map<string, ImageFile>();
    const places = [...wanted.keys()].sort((a, b) => a - b);
    const turns = new FairTurns();
    for (let from = 0; from < places.length; from += FETCH) {
      const some = places.slice(from, from + FETCH);
      const blocks = await this.blocks(some.map((place) => this.blockIds[place] ?? ''));
      for (const [at, block] of some.entries()) {
        await turns.next();
        for (const path of wanted.get(block) ?? []) {
          const file = blocks[at]?.find(path);
          if (file) found.set(path, file);
        }
      }
    }
    return found;
  }

  /** All files by path. */
  async *all(): AsyncGenerator<ImageFile> {
    const turns = new FairTurns();
    for (let from = 0; from < this.blockIds.length; from += FETCH) {
      for (const block of await this.blocks(this.blockIds.slice(from, from + FETCH))) {
        await turns.next();
        for (let at = 0; at < block.count; at += 1) yield block.at(at);
      }
    }
  }

  private async blocks(ids: readonly string[]): Promise<FileBlock[]> {
    const blocks = new Map<string, FileBlock>();
    for (const id of ids) {
      const known = this.cache.get(id);
      if (known) blocks.set(id, known);
    }
    const missing = ids.filter((id) => !blocks.has(id));
    if (missing.length > 0) {
      const rows = await this.sql.query<{ id: string; files: Buffer }>(
        'SELECT id, files FROM file_block WHERE id = ANY($1::bigint[])',
        [missing],
      );
      for (const row of rows) {
        const block = new FileBlock(row.files);
        blocks.set(row.id, block);
        this.cache.set(row.id, block);
      }
    }
    return ids.map((id) => {
      const block = blocks.get(id);
      if (!block) throw new ImageChanged(this.imageId);
      return block;
    });
  }

  private async readStarts(): Promise<Buffer[]> {
    const rows = await this.sql.query<{ id: string; first_path: string }>(
      'SELECT id, first_path FROM file_block WHERE id = ANY($1::bigint[])',
      [this.blockIds],
    );
    const starts = new Map(rows.map((row) => [row.id, Buffer.from(row.first_path)]));
    return this.blockIds.map((id) => {
      const start = starts.get(id);
      if (start === undefined) throw new ImageChanged(this.imageId);
      return start;
    });
  }
}

/**
 * The last of the ascending texts that is not after `text`, in the order of their bytes; -1 when all are. `guess` is where
 * the text before was: neighbours mostly are in one block.
 */
function lastNotAfter(ascending: readonly Buffer[], text: string, guess: number): number {
  const bytes = Buffer.from(text);
  const isNotAfter = (place: number) => (ascending[place] as Buffer).compare(bytes) <= 0;
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
