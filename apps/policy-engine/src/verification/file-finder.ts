import type { FileTable } from '../packed/file-table.js';

/** Finds listed files by path, fast when the paths that are asked for are near each other in their order. */
export class FileFinder {
  private readonly rows: Uint32Array;
  /** Where the file that was found last is among `rows`. */
  private last = 0;

  constructor(private readonly files: FileTable) {
    this.rows = files.sortedRows();
  }

  /** The row of the path `bytes[start, end)`; -1 when the image has no such file. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const { rows, files } = this;
    const compare = (place: number) => files.paths.compareWith(rows[place] as number, bytes, start, end);
    if (rows.length === 0) return -1;
    // Away from the last place in growing steps, then by halves in between.
    let [low, high] = [this.last, this.last + 1];
    if (compare(low) <= 0) {
      for (let step = 1; high < rows.length && compare(high) <= 0; step *= 2) [low, high] = [high, high + step];
      high = Math.min(high, rows.length);
    } else {
      high = low;
      low -= 1;
      for (let step = 1; low >= 0 && compare(low) > 0; step *= 2) [low, high] = [low - step, low];
      low = Math.max(low, -1);
    }
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (compare(middle) <= 0) low = middle;
      else high = middle;
    }
    this.last = Math.max(low, 0);
    return low >= 0 && compare(low) === 0 ? (rows[low] as number) : -1;
  }
}
