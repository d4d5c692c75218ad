import { createHash, hash, type Hash } from 'node:crypto';

/** Hex digests of one file. */
export interface FileDigests {
  sha1: string;
  sha256: string;
  md5: string;
}

/** Digests of no bytes. */
export const EMPTY_DIGESTS: Readonly<FileDigests> = digestsOf(Buffer.alloc(0));

/** Digests of a file that lies in one piece; the one-shot call saves three hash objects for each small file. */
export function digestsOf(content: Buffer): FileDigests {
  return { sha1: hash('sha1', content), sha256: hash('sha256', content), md5: hash('md5', content) };
}

/** Digests of a file that arrives in pieces. */
export class FileDigester {
  private readonly sha1: Hash = createHash('sha1');
  private readonly sha256: Hash = createHash('sha256');
  private readonly md5: Hash = createHash('md5');

  update(piece: Buffer): void {
    this.sha1.update(piece);
    this.sha256.update(piece);
    this.md5.update(piece);
  }

  digests(): FileDigests {
    return { sha1: this.sha1.digest('hex'), sha256: this.sha256.digest('hex'), md5: this.md5.digest('hex') };
  }
}
