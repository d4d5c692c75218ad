import type { Readable } from 'node:stream';
import { z } from 'zod';
import { verified } from '../blob/verify-blob.js';
import { ImageError, type Descriptor, type ImageSource, type Platform, type ResolvedImage } from '../image-source.js';
import { choosePlatform, DEFAULT_PLATFORM } from '../manifest/choose-platform.js';
import { parseJson } from '../manifest/image-config.js';
import { MAX_MANIFEST_BYTES, MEDIA, parseManifest, type IndexEntry, type RawManifest } from '../manifest/manifest.js';
import { checkDigest, checkManifestSize, resolveImage, type ManifestReader } from '../manifest/resolve-image.js';
import { missingFile, readFile, type ImageFiles } from './image-files.js';

const TAG = 'org.opencontainers.image.ref.name';
/** Full names, as Docker and containerd write them. */
const FULL_NAME = 'io.containerd.image.name';
const versionSchema = z.object({ imageLayoutVersion: z.string() });

/** An image in an OCI image layout 1.x: a directory, or a tar archive of one. */
export class LayoutSource implements ImageSource, ManifestReader {
  readonly name: string;

  /** @param selector tag (`ref.name` annotation) or digest; needed when the layout holds several images */
  constructor(
    private readonly files: ImageFiles,
    private readonly selector?: string,
  ) {
    this.name = selector === undefined ? files.name : `${files.name}:${selector}`;
  }

  async resolve(options: { platform?: Platform; signal?: AbortSignal } = {}): Promise<ResolvedImage> {
    await this.#checkVersion();
    const bytes = await readFile(this.files, 'index.json', MAX_MANIFEST_BYTES);
    const index = parseManifest({ bytes, digest: '', mediaType: MEDIA.ociIndex }, `index.json of ${this.files.name}`);
    if (index.kind !== 'index') {
      throw new ImageError('invalid_manifest', `index.json of ${this.files.name} is not an index`);
    }
    const entry = this.#choose(index.manifests, options.platform ?? DEFAULT_PLATFORM);
    const root = await this.readManifest(entry);
    checkDigest(root.bytes, entry.digest, `manifest of ${this.name}`);
    return resolveImage(this, root, options);
  }

  async readManifest({ digest, size, mediaType }: Descriptor): Promise<RawManifest> {
    checkManifestSize(size, this.name);
    return { bytes: await readFile(this.files, blobFile(digest), MAX_MANIFEST_BYTES), digest, mediaType };
  }

  async openBlob(descriptor: Descriptor, { signal }: { signal?: AbortSignal } = {}): Promise<Readable> {
    return verified(await this.files.open(blobFile(descriptor.digest), signal), descriptor);
  }

  async blobSize(digest: string): Promise<number> {
    const size = await this.files.size(blobFile(digest));
    if (size === undefined) throw missingFile(this.files, blobFile(digest));
    return size;
  }

  close(): Promise<void> {
    return this.files.close();
  }

  async #checkVersion(): Promise<void> {
    const bytes = await readFile(this.files, 'oci-layout', 64 * 1024);
    const parsed = versionSchema.safeParse(parseJson(bytes, `oci-layout of ${this.files.name}`));
    if (parsed.data?.imageLayoutVersion.startsWith('1.')) return;
    throw new ImageError('not_supported', `${this.files.name} is not an OCI image layout of version 1`);
  }

  /** By tag or digest; else the only image; else, when none has a name, the one of the platform. */
  #choose(entries: readonly IndexEntry[], platform: Platform): IndexEntry {
    const wanted = this.selector;
    const candidates = wanted === undefined ? entries : entries.filter((entry) => isNamed(entry, wanted));
    const [first] = candidates;
    if (first && candidates.length === 1) return first;
    const names = entries.map((entry) => entry.annotations[TAG] ?? entry.annotations[FULL_NAME] ?? entry.digest);
    const offer = `it holds ${names.slice(0, 20).join(', ') || 'nothing'}`;
    if (!first) throw new ImageError('not_found', `${this.files.name} holds no image ${wanted ?? ''}; ${offer}`);
    const oneImage = new Set(candidates.map((entry) => entry.annotations[TAG])).size === 1;
    if (oneImage) return choosePlatform(candidates, platform, this.name);
    throw new ImageError('not_found', `${this.files.name} holds several images; name one after a colon: ${offer}`);
  }
}

function isNamed({ annotations, digest }: IndexEntry, wanted: string): boolean {
  return annotations[TAG] === wanted || annotations[FULL_NAME] === wanted || digest === wanted;
}

/** Digests are checked to be `sha256:<hex>` when manifests are parsed; a caller's descriptor is checked here. */
function blobFile(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new ImageError('not_supported', `'${digest.slice(0, 80)}' is not a sha256 digest`);
  return `blobs/sha256/${hex}`;
}
