import { createHash } from 'node:crypto';

/**
 * SHA-256 Merkle tree (the hashing of RFC 9162, section 2.1: leaves are prefixed with 0x00, nodes with 0x01) over a
 * sequence of any length, in memory of the tree's height.
 */
export class MerkleTree {
  /** Roots of perfect subtrees, largest first; `size` is their number of leaves. */
  private readonly peaks: { size: number; hash: Buffer }[] = [];
  leaves = 0;

  /** A leaf of several fields; each goes in with its length, so that no two different leaves look alike. */
  add(fields: readonly string[]): void {
    const hash = createHash('sha256').update(Buffer.of(0));
    for (const field of fields) {
      const bytes = Buffer.from(field);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hash.update(length).update(bytes);
    }
    this.leaves += 1;
    this.push({ size: 1, hash: hash.digest() });
  }

  /** `sha256:<hex>` of the tree; that of nothing is the hash of no bytes. */
  root(): string {
    const peaks = [...this.peaks];
    let right = peaks.pop()?.hash;
    if (!right) return `sha256:${createHash('sha256').digest('hex')}`;
    while (peaks.length > 0) right = node(peaks.pop()?.hash as Buffer, right);
    return `sha256:${right.toString('hex')}`;
  }

  private push(peak: { size: number; hash: Buffer }): void {
    const last = this.peaks.at(-1);
    if (last?.size !== peak.size) {
      this.peaks.push(peak);
      return;
    }
    this.peaks.pop();
    this.push({ size: peak.size * 2, hash: node(last.hash, peak.hash) });
  }
}

function node(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}
