import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { verified } from '../blob/verify-blob.js';
import { ImageError, type Descriptor, type ImageSource, type Platform, type ResolvedImage } from '../image-source.js';
import { platformText } from '../manifest/choose-platform.js';
import { firstIssue, parseJson, readConfig } from '../manifest/image-config.js';
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES, MEDIA } from '../manifest/manifest.js';
import { digestOf, resolveImage } from '../manifest/resolve-image.js';
import { parseReference } from '../reference.js';
import { missingFile, readFile, type ImageFiles } from './image-files.js';

const manifestSchema = z.array(
  z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }),
);
type ArchivedImage = z.infer<typeof manifestSchema>[number];
type Compression = '' | '+gzip' | '+zstd';

/**
 * An image in the archive that `docker save` writes. It has no manifest of the registry kind, so an OCI manifest is made
 * from it, the same for the same archive. A layer stored plain has its diff id as digest; a compressed one (Docker with
 * containerd's store) is hashed once while resolving. Either way reading a layer proves it.
 */
export class DockerArchiveSource implements ImageSource {
  readonly #name: string;
  /** Member of the archive by blob digest, known after resolve. */
  readonly #members = new Map<string, string>();

  /** @param reference tag of the image; needed when the archive holds several */
  constructor(
    private readonly files: ImageFiles,
    private readonly reference?: string,
  ) {
    this.#name = reference === undefined ? files.name : `${files.name}:${reference}`;
  }

  async resolve({ platform, signal }: { platform?: Platform; signal?: AbortSignal } = {}): Promise<ResolvedImage> {
    const archived = await this.#choose();
    const config = await readFile(this.files, archived.Config, MAX_CONFIG_BYTES);
    const configDigest = digestOf(config);
    const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(archived.Config)?.[1];
    if (named !== undefined && configDigest !== `sha256:${named}`) {
      throw new ImageError(
        'digest_mismatch',
        `config of ${this.#name} is damaged: its bytes have digest ${configDigest}`,
      );
    }
    const diffIds = readConfig(config, this.#name).rootfs.diff_ids ?? [];
    if (diffIds.length !== archived.Layers.length) {
      throw new ImageError(
        'invalid_manifest',
        `${this.#name} has ${archived.Layers.length} layers in its manifest and ${diffIds.length} in its config`,
      );
    }
    const layers: Descriptor[] = [];
    for (const [index, file] of archived.Layers.entries()) {
      const layer = await this.#describe(file, diffIds[index] ?? '', signal);
      this.#members.set(layer.digest, file);
      layers.push(layer);
    }
    this.#members.set(configDigest, archived.Config);
    const manifest = {
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: { mediaType: MEDIA.ociConfig, digest: configDigest, size: config.length },
      layers,
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    const reader = {
      name: this.#name,
      openBlob: this.openBlob.bind(this),
      readManifest: () => Promise.reject(missingFile(this.files, 'index.json')),
      blobSize: (digest: string) => Promise.reject(missingFile(this.files, `of blob ${digest}`)),
    };
    const image = await resolveImage(reader, { bytes, digest: digestOf(bytes) }, { signal });
    // An archive holds one platform; asking for another one must not be answered with it.
    if (platform && (platform.os !== image.platform.os || platform.architecture !== image.platform.architecture)) {
      throw new ImageError(
        'no_platform',
        `${this.#name} has no image for ${platformText(platform)}; it offers ${platformText(image.platform)}`,
      );
    }
    return image;
  }

  /** @throws ImageError `not_found` for a digest that {@link resolve} did not return */
  async openBlob(descriptor: Descriptor, { signal }: { signal?: AbortSignal } = {}): Promise<Readable> {
    const file = this.#members.get(descriptor.digest);
    if (file === undefined) throw missingFile(this.files, `of blob ${descriptor.digest}`);
    return verified(await this.files.open(file, signal), descriptor);
  }

  close(): Promise<void> {
    return this.files.close();
  }

  async #choose(): Promise<ArchivedImage> {
    const bytes = await readFile(this.files, 'manifest.json', MAX_MANIFEST_BYTES);
    const parsed = manifestSchema.safeParse(parseJson(bytes, `manifest.json of ${this.files.name}`));
    if (!parsed.success) {
      throw new ImageError(
        'invalid_manifest',
        `manifest.json of ${this.files.name} is malformed at ${firstIssue(parsed.error)}`,
      );
    }
    const images = parsed.data;
    const wanted = this.reference === undefined ? undefined : parseReference(this.reference).fulltag;
    const found =
      wanted === undefined
        ? images
        : images.filter(({ RepoTags }) => (RepoTags ?? []).some((tag) => parseReference(tag).fulltag === wanted));
    const [first] = found;
    if (first && (found.length === 1 || wanted !== undefined)) return first;
    const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
    const offer = `it holds ${tags.slice(0, 20).join(', ') || 'images without tags'}`;
    throw new ImageError(
      'not_found',
      first
        ? `${this.files.name} holds several images; name one after a colon: ${offer}`
        : `${this.files.name} holds no image ${this.reference ?? ''}; ${offer}`,
    );
  }

  async #describe(file: string, diffId: string, signal?: AbortSignal): Promise<Descriptor> {
    const size = await this.files.size(file);
    if (size === undefined) throw missingFile(this.files, file);
    const compression = await this.#compression(file);
    const mediaType = `${MEDIA.ociLayer}${compression}`;
    if (compression === '') return { mediaType, digest: diffId, size };
    const named = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(file)?.[1];
    if (named !== undefined) return { mediaType, digest: `sha256:${named}`, size };
    const hash = createHash('sha256');
    await pipeline(await this.files.open(file, signal), hash);
    return { mediaType, digest: `sha256:${hash.digest('hex')}`, size };
  }

  /** By the first bytes: gzip (RFC 1952), zstd (RFC 8878), else plain. */
  async #compression(file: string): Promise<Compression> {
    const stream = await this.files.open(file);
    let head = Buffer.alloc(0);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, chunk.subarray(0, 4)]);
      if (head.length >= 4) break;
    }
    if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return '+gzip';
    return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? '+zstd' : '';
  }
}
