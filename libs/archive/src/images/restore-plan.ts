import { DOCUMENT_MEMBERS, EVALUATION_PREFIX, type ArchiveManifest } from '../bundle/archive-manifest.js';
import { ArchiveError } from '../errors.js';
import { EVALUATIONS_BUCKET, parseEvaluation, type EvaluationRecord } from './evaluations.js';
import { imageRecordSchema, type ImageRecord } from './image-record.js';

/** What a restore writes: objects by member name, then rows. */
export interface RestorePlan {
  /** Bucket and key by member of the bundle. */
  objects: ReadonlyMap<string, { bucket: string; key: string }>;
  /** Undefined for bundles made without a catalog (`analyzers exec`). */
  record: ImageRecord | undefined;
  evaluations: EvaluationRecord[];
}

/**
 * Decides what a proven bundle may write, by the names of its members. Where the manifest names a place itself it must be
 * that very place, so a crafted bundle cannot reach any other object.
 *
 * @throws ArchiveError `invalid_bundle`
 */
export function planRestore(manifest: ArchiveManifest, imageDigest: string): RestorePlan {
  if (manifest.image_digest !== imageDigest) {
    throw invalid(imageDigest, `it holds image ${manifest.image_digest}`);
  }
  const objects = new Map<string, { bucket: string; key: string }>();
  const evaluations: EvaluationRecord[] = [];
  for (const { source, dest, metadata } of manifest.artifacts) {
    const member = dest.tarfile_path;
    const document = DOCUMENT_MEMBERS.find(({ name }) => name === member);
    if (source && (source.bucket !== document?.bucket || source.key !== imageDigest)) {
      throw invalid(imageDigest, `member ${JSON.stringify(member)} names ${source.bucket}/${source.key} as its place`);
    }
    if (document) objects.set(member, { bucket: document.bucket, key: imageDigest });
    if (metadata?.['record_type'] !== 'policy_evaluation') continue;
    const evalId = member.slice(EVALUATION_PREFIX.length);
    const given = Array.isArray(metadata['records']) ? metadata['records'] : [metadata['record']];
    const records = given.map(parseEvaluation).filter((record) => record !== undefined);
    if (records.length !== given.length || records.some((record) => record.evalId !== evalId)) {
      throw invalid(imageDigest, `the records of member ${JSON.stringify(member)} are malformed`);
    }
    evaluations.push(...records);
    if (metadata['has_document'] !== false) objects.set(member, { bucket: EVALUATIONS_BUCKET, key: evalId });
  }
  const missing = DOCUMENT_MEMBERS.find(({ name, required }) => required && !objects.has(name));
  if (missing) throw invalid(imageDigest, `it lacks ${missing.name}`);
  return { objects, record: recordOf(manifest, imageDigest), evaluations };
}

function recordOf({ metadata }: ArchiveManifest, imageDigest: string): ImageRecord | undefined {
  const text = metadata?.['image_record'];
  if (text === undefined || text === null) return undefined;
  let value: unknown;
  try {
    value = typeof text === 'string' ? JSON.parse(text) : text;
  } catch (error) {
    throw invalid(imageDigest, 'its image_record is no JSON', error);
  }
  const parsed = imageRecordSchema.safeParse(value);
  if (!parsed.success || parsed.data.imageDigest !== imageDigest) {
    throw invalid(
      imageDigest,
      `its image_record is malformed at ${parsed.error?.issues[0]?.path.join('.') ?? 'imageDigest'}`,
    );
  }
  return parsed.data;
}

function invalid(imageDigest: string, why: string, cause?: unknown): ArchiveError {
  return new ArchiveError('invalid_bundle', `the bundle of image ${imageDigest} is refused: ${why}`, cause);
}
