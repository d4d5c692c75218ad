/** A database file contradicts itself. */
export class DatabaseError extends Error {}

/**
 * The pages of a database file, each handed out at most once: a file whose pages point to each other in a circle, or many
 * times to the same one, ends with an error after no more work than its size.
 */
export class PageSet {
  private readonly used: Uint8Array;

  /** Page `first` begins at byte 0. */
  constructor(
    private readonly bytes: Buffer,
    private readonly pageSize: number,
    private readonly first: number,
  ) {
    this.used = new Uint8Array(Math.ceil(bytes.length / pageSize) + first);
  }

  /** Throws {@link DatabaseError} for a page that is not in the file or was taken before. */
  take(number: number): Buffer {
    const start = (number - this.first) * this.pageSize;
    if (number < this.first || start + this.pageSize > this.bytes.length) {
      throw new DatabaseError(`page ${number} lies outside of the file`);
    }
    if (this.used[number]) throw new DatabaseError(`page ${number} is used twice`);
    this.used[number] = 1;
    return this.bytes.subarray(start, start + this.pageSize);
  }
}
