import { createHash } from 'node:crypto';
import { MerkleTree } from './merkle.js';

const hash = (...parts: (Buffer | number)[]): Buffer => {
  const all = createHash('sha256');
  for (const part of parts) all.update(typeof part === 'number' ? Buffer.of(part) : part);
  return all.digest();
};
const leaf = (text: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return hash(0, length, Buffer.from(text));
};

/** RFC 9162, 2.1.1, written down as it stands there. */
function reference(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return hash(1, reference(leaves.slice(0, k)), reference(leaves.slice(k)));
}

describe('Merkle tree', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 13, 64, 100])('of %i leaves has the root that the RFC defines', (count) => {
    const tree = new MerkleTree();
    const texts = Array.from({ length: count }, (_, n) => `leaf ${n}`);
    for (const text of texts) tree.add([text]);
    expect(tree.root()).toBe(`sha256:${reference(texts.map(leaf)).toString('hex')}`);
  });

  it('tells apart leaves whose fields only join to the same text', () => {
    const [one, two] = [new MerkleTree(), new MerkleTree()];
    one.add(['ab', 'c']);
    two.add(['a', 'bc']);
    expect(one.root()).not.toBe(two.root());
  });

  it('of nothing is the hash of nothing', () => {
    expect(new MerkleTree().root()).toBe(`sha256:${hash().toString('hex')}`);
  });
});
