import type { ObjectId, ObjectMetadata, ObjectStore } from '@kedge/object-store';
import { Readable } from 'node:stream';
import { DOCUMENT_MEMBERS, EVALUATION_PREFIX } from '../bundle/archive-manifest.js';
import type { BundleMember } from '../bundle/write-bundle.js';
import { ArchiveError } from '../errors.js';
import { EVALUATIONS_BUCKET, type EvaluationRecord } from './evaluations.js';

/**
 * The members of one image's bundle: its documents as they are stored, then its evaluations. Each is opened when its
 * turn comes.
 *
 * @throws ArchiveError `not_archivable` when a required document is missing.
 */
export async function* bundleMembers(
  store: ObjectStore,
  image: { account: string; imageDigest: string },
  evaluations: ReadonlyMap<string, EvaluationRecord[]>,
): AsyncGenerator<BundleMember> {
  const { account, imageDigest } = image;
  for (const { name, bucket, required } of DOCUMENT_MEMBERS) {
    const found = await openSized(store, { account, bucket, key: imageDigest });
    if (found) yield { name, source: { bucket, key: imageDigest }, ...found };
    else if (required) {
      throw new ArchiveError(
        'not_archivable',
        `image ${imageDigest} cannot be archived: its ${bucket} is missing; analyse it again (force)`,
      );
    }
  }
  for (const [evalId, records] of evaluations) {
    const found = await openSized(store, { account, bucket: EVALUATIONS_BUCKET, key: evalId });
    yield {
      name: `${EVALUATION_PREFIX}${evalId}`,
      source: null,
      ...(found ?? withoutDocument()),
      // The old system knows one record a member, so the newest stands alone under the name it reads.
      metadata: {
        record_type: 'policy_evaluation',
        record: records[0],
        records,
        has_document: found !== undefined,
      },
    };
  }
}

function withoutDocument(): { size: number; content: Readable } {
  return { size: 0, content: Readable.from([]) };
}

/** Content with its length, which a tar header needs before the content. */
async function openSized(store: ObjectStore, id: ObjectId): Promise<{ size: number; content: Readable } | undefined> {
  const found = await store.get(id);
  if (!found) return undefined;
  if (knowsLength(found.metadata)) return { size: found.metadata.size, content: found.body };
  // Compressed content of the old system: only reading it tells its length.
  let size = 0;
  for await (const chunk of found.body as AsyncIterable<Buffer>) size += chunk.length;
  const again = await store.get(id);
  return again && { size, content: again.body };
}

function knowsLength(metadata: ObjectMetadata): boolean {
  return metadata.codec === 'identity' || (metadata.digest?.startsWith('sha256:') ?? false);
}
