import { ImageError, type Platform } from '../image-source.js';
import { MEDIA, type IndexEntry } from './manifest.js';

export const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' };

/** Attestations travel in an index beside the images and carry this annotation. */
const ATTESTATION = 'vnd.docker.reference.type';

/**
 * Picks an index entry for a platform: same system and architecture; with a variant asked for the same variant, without
 * one an entry that has none, else the first. An entry without a platform is taken when it is the only image there is,
 * or when it is itself an index.
 *
 * @throws ImageError `no_platform` that lists what the index offers.
 */
export function choosePlatform(entries: readonly IndexEntry[], platform: Platform, name: string): IndexEntry {
  const images = entries.filter((entry) => !(ATTESTATION in entry.annotations));
  const matching = images.filter(
    ({ platform: offered }) => offered?.os === platform.os && offered.architecture === platform.architecture,
  );
  const chosen =
    pickVariant(matching, platform) ??
    (images.length === 1 && !images[0]?.platform ? images[0] : undefined) ??
    images.find((entry) => !entry.platform && isIndex(entry));
  if (chosen) return chosen;
  const offered = images.map((entry) => (entry.platform ? platformText(entry.platform) : 'unnamed'));
  throw new ImageError(
    'no_platform',
    `${name} has no image for ${platformText(platform)}; it offers ${offered.slice(0, 20).join(', ') || 'none'}`,
  );
}

/** `linux/arm64/v8` */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

function pickVariant(entries: readonly IndexEntry[], wanted: Platform): IndexEntry | undefined {
  if (wanted.variant !== undefined) return entries.find((entry) => variantOf(entry) === normalVariant(wanted));
  return entries.find((entry) => entry.platform?.variant === undefined) ?? entries[0];
}

function variantOf(entry: IndexEntry): string | undefined {
  return entry.platform && normalVariant(entry.platform);
}

/** arm64 without a variant is v8 and arm without one is v7 (as containerd normalises them). */
function normalVariant({ architecture, variant }: Platform): string | undefined {
  if (variant !== undefined) return variant;
  return architecture === 'arm64' ? 'v8' : architecture === 'arm' ? 'v7' : undefined;
}

function isIndex({ mediaType }: IndexEntry): boolean {
  return mediaType === MEDIA.ociIndex || mediaType === MEDIA.dockerList;
}
