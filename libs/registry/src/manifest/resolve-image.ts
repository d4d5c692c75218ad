import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ImageError, type Descriptor, type Platform, type ResolvedImage } from '../image-source.js';
import { readAll } from '../blob/read-all.js';
import { choosePlatform, DEFAULT_PLATFORM } from './choose-platform.js';
import { readConfig } from './image-config.js';
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES, parseManifest, type RawManifest } from './manifest.js';

/** An index in an index in an index is still read; deeper nesting is refused. */
const MAX_INDEX_DEPTH = 3;

/** What resolving needs from a place that holds manifests and blobs by digest. */
export interface ManifestReader {
  /** Names the image in messages. */
  readonly name: string;
  /** Reads a manifest by digest; the digest is proven by the caller. */
  readManifest(descriptor: Descriptor, signal?: AbortSignal): Promise<RawManifest>;
  openBlob(descriptor: Descriptor, options?: { signal?: AbortSignal }): Promise<Readable>;
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
  return {
    digest: current.digest,
    mediaType,
    manifest: current.bytes,
    parentDigest: root.digest,
    ...(root !== current && { parentManifest: root.bytes }),
    config: configBytes,
    imageId: config.digest.slice('sha256:'.length),
    platform: {
      os: parsed.os || DEFAULT_PLATFORM.os,
      architecture: parsed.architecture || DEFAULT_PLATFORM.architecture,
      ...(parsed.variant && { variant: parsed.variant }),
    },
    layers,
    diffIds,
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
