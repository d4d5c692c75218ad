import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ImageError, type Descriptor, type Platform, type ResolvedImage } from '../image-source.js';
import { readAll } from '../blob/read-all.js';
import { choosePlatform, DEFAULT_PLATFORM } from './choose-platform.js';
import { readConfig, type ImageConfig } from './image-config.js';
import {
  MAX_CONFIG_BYTES,
  MAX_MANIFEST_BYTES,
  MEDIA,
  parseManifest,
  type Manifest,
  type RawManifest,
} from './manifest.js';

/** An index in an index in an index is still read; deeper nesting is refused. */
const MAX_INDEX_DEPTH = 3;
/** Sizes of blobs asked for at a time. */
const SIZES_AT_A_TIME = 8;

/** What resolving needs from a place that holds manifests and blobs by digest. */
export interface ManifestReader {
  /** Names the image in messages. */
  readonly name: string;
  /** Reads a manifest by digest; the digest is proven by the caller. */
  readManifest(descriptor: Descriptor, signal?: AbortSignal): Promise<RawManifest>;
  openBlob(descriptor: Descriptor, options?: { signal?: AbortSignal }): Promise<Readable>;
  /** Bytes of a blob, for manifests that do not tell. @throws ImageError `not_found` */
  blobSize(digest: string, signal?: AbortSignal): Promise<number>;
}

/**
 * Walks from a manifest or index to the image of a platform and reads its config. Every document is checked against the
 * digest it was asked by.
 *
 * @throws ImageError `no_platform`, `invalid_manifest`, `not_supported`, `digest_mismatch`, `too_large` and whatever the
 *   reader throws.
 */
export async function resolveImage(
  reader: ManifestReader,
  root: RawManifest,
  { platform = DEFAULT_PLATFORM, signal }: { platform?: Platform; signal?: AbortSignal } = {},
): Promise<ResolvedImage> {
  let current = root;
  let manifest = parseManifest(current, reader.name);
  for (let depth = 0; manifest.kind === 'index'; depth++) {
    if (depth >= MAX_INDEX_DEPTH) {
      throw new ImageError('invalid_manifest', `${reader.name} nests indexes more than ${MAX_INDEX_DEPTH} deep`);
    }
    const entry = choosePlatform(manifest.manifests, platform, reader.name);
    checkManifestSize(entry.size, reader.name);
    current = await reader.readManifest(entry, signal);
    checkDigest(current.bytes, entry.digest, `manifest of ${reader.name}`);
    manifest = parseManifest(current, reader.name);
  }
  const found = { digest: current.digest, manifest: current.bytes, parentDigest: root.digest };
  const parents = { ...found, ...(root !== current && { parentManifest: root.bytes }) };
  if (manifest.kind === 'schema1') return resolveSchema1(reader, manifest, parents, signal);
  const { config, layers, mediaType } = manifest;
  const what = `config of ${reader.name}`;
  if (config.size > MAX_CONFIG_BYTES) throw tooLarge(what, MAX_CONFIG_BYTES);
  const configBytes = await readAll(await reader.openBlob(config, { signal }), MAX_CONFIG_BYTES, what);
  const parsed = readConfig(configBytes, reader.name);
  const diffIds = parsed.rootfs.diff_ids ?? [];
  if (diffIds.length !== layers.length) {
    throw new ImageError(
      'invalid_manifest',
      `${reader.name} has ${layers.length} layers in its manifest and ${diffIds.length} in its config`,
    );
  }
  const imageId = config.digest.slice('sha256:'.length);
  return { ...parents, mediaType, config: configBytes, imageId, platform: platformOf(parsed), layers, diffIds };
}

type Parents = Pick<ResolvedImage, 'digest' | 'manifest' | 'parentDigest' | 'parentManifest'>;

/** Without a config of its own such an image has the digest of its manifest as its id. */
async function resolveSchema1(
  reader: ManifestReader,
  { mediaType, image }: Extract<Manifest, { kind: 'schema1' }>,
  parents: Parents,
  signal?: AbortSignal,
): Promise<ResolvedImage> {
  const sizes = new Map<string, number>();
  const wanted = [...new Set(image.blobs)];
  for (let at = 0; at < wanted.length; at += SIZES_AT_A_TIME) {
    const some = wanted.slice(at, at + SIZES_AT_A_TIME);
    await Promise.all(some.map(async (digest) => sizes.set(digest, await reader.blobSize(digest, signal))));
  }
  const config = readConfig(image.config, reader.name);
  return {
    ...parents,
    mediaType,
    config: image.config,
    imageId: parents.digest.slice('sha256:'.length),
    platform: platformOf(config),
    layers: image.blobs.map((digest) => ({ mediaType: MEDIA.dockerLayer, digest, size: sizes.get(digest) ?? 0 })),
    diffIds: image.blobs.map(() => undefined),
  };
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform {
  return {
    os: os || DEFAULT_PLATFORM.os,
    architecture: architecture || DEFAULT_PLATFORM.architecture,
    ...(variant && { variant }),
  };
}

/** `sha256:<hex>` of bytes. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** @throws ImageError `digest_mismatch` */
export function checkDigest(bytes: Buffer, expected: string, what: string): void {
  const actual = digestOf(bytes);
  if (actual !== expected) {
    throw new ImageError(
      'digest_mismatch',
      `${what} is damaged: its bytes have digest ${actual}, expected ${expected}; push the image again`,
    );
  }
}

/** @throws ImageError `too_large` */
export function checkManifestSize(size: number, name: string): void {
  if (size > MAX_MANIFEST_BYTES) throw tooLarge(`manifest of ${name}`, MAX_MANIFEST_BYTES);
}

function tooLarge(what: string, limit: number): ImageError {
  return new ImageError('too_large', `${what} is larger than the limit of ${limit} bytes`);
}
