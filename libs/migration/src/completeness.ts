import type { ObjectUpdate } from './journal-entry.js';
import type { Journal } from './journal.js';
import { MerkleTree } from './merkle.js';
import type { Places } from './places.js';

const GROUP = 500;

/** What a run has proved of the objects it selected. Equal roots: every object is there with the content it had. */
export interface Completeness {
  objects: number;
  /** Merkle root over (account, bucket, key, digest of the plain content) as selected. */
  before: string;
  /** The same over the rows as they are now; the digests of rows at the destination were proven by the copy. */
  after: string;
}

/**
 * Goes through all objects of a run once more. One whose row does not point to the destination although it was moved was
 * written again by somebody; it is recorded as failed, so that the run cannot claim to be complete.
 */
export async function checkCompleteness(journal: Journal, places: Places): Promise<Completeness> {
  const before = new MerkleTree();
  const after = new MerkleTree();
  let strayed: ObjectUpdate[] = [];
  for await (const object of journal.digests()) {
    const name = [object.account, object.bucket, object.key];
    before.add([...name, object.before ?? '']);
    if (object.uri !== null) after.add([...name, object.after ?? '']);
    const moved = object.state === 'switched' || object.state === 'deleted';
    if (!moved || object.uri === null || places.isDestination(object.uri)) continue;
    const reason = `was written again after it was moved, to ${object.uri}; stop the services and run again`;
    strayed.push({ seq: object.seq, state: 'failed', reasonCode: 'written_meanwhile', reason });
    if (strayed.length < GROUP) continue;
    await journal.record(strayed);
    strayed = [];
  }
  await journal.record(strayed);
  return { objects: before.leaves, before: before.root(), after: after.root() };
}
