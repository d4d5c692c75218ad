import { z } from 'zod';

/** Name of the manifest's member in a bundle. It is the last one. */
export const MANIFEST_MEMBER = 'archive_manifest';

const place = z.strictObject({ bucket: z.string(), key: z.string() });

const artifact = z.strictObject({
  name: z.string(),
  /** Where the content was an object; null for content that is none. */
  source: place.nullable(),
  dest: z.strictObject({ tarfile_path: z.string() }),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * The manifest of a bundle (storage spec 4.1). The old system refuses unknown keys, so what Kedge adds stands in the
 * `metadata` maps: `sha256` (hex) of a member's bytes beside `bytes_copied`.
 */
export const archiveManifestSchema = z.strictObject({
  account: z.string(),
  image_digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  archived_at: z.string(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  artifacts: z.array(artifact),
});

export type ArchiveManifest = z.output<typeof archiveManifestSchema>;
export type ArchiveArtifact = ArchiveManifest['artifacts'][number];

/**
 * Members that hold documents of the object store, with the bucket they come from and go back to. The key is always the
 * image's digest: a bundle cannot make a restore write anything else.
 */
export const DOCUMENT_MEMBERS = [
  { name: 'analysis', bucket: 'analysis_data', required: true },
  { name: 'image_content', bucket: 'image_content_data', required: true },
  { name: 'image_manifest', bucket: 'manifest_data', required: true },
  { name: 'parent_manifest', bucket: 'parent_manifest_data', required: false },
  { name: 'syft_sbom', bucket: 'syft_sbom', required: false },
] as const;

/** Members that hold evaluations are called this and the evaluation's id. */
export const EVALUATION_PREFIX = 'policy_evaluation-';
