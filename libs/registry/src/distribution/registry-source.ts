import type { Readable } from 'node:stream';
import { ImageError, type Descriptor, type ImageSource, type Platform, type ResolvedImage } from '../image-source.js';
import type { RawManifest } from '../manifest/manifest.js';
import { resolveImage, type ManifestReader } from '../manifest/resolve-image.js';
import { contactRepository, type ImageReference } from '../reference.js';
import { RegistryClient, type RegistryOptions } from './registry-client.js';

/** An image in a registry. */
export class RegistrySource implements ImageSource, ManifestReader {
  readonly name: string;
  readonly #client: RegistryClient;
  readonly #repo: string;
  readonly #reference: string;

  /** @throws ImageError `invalid_reference` when the reference names no repository; `not_supported` for `localbuild`. */
  constructor({ registry, repo, tag, digest, pullstring }: ImageReference, options: RegistryOptions = {}) {
    const reference = digest ?? tag;
    if (registry === null || repo === null || reference === null || pullstring === null) {
      throw new ImageError(
        'invalid_reference',
        'a digest or image id alone names no repository; write [registry/]repository:tag or [registry/]repository@sha256:...',
      );
    }
    if (registry === 'localbuild') {
      throw new ImageError(
        'not_supported',
        `${pullstring} is a local build: the name localbuild stands for no registry`,
      );
    }
    this.name = pullstring;
    this.#repo = contactRepository(registry, repo);
    this.#reference = reference;
    this.#client = new RegistryClient(registry, options);
  }

  async resolve(options: { platform?: Platform; signal?: AbortSignal } = {}): Promise<ResolvedImage> {
    const root = await this.#client.getManifest(this.#repo, this.#reference, options.signal);
    return resolveImage(this, root, options);
  }

  readManifest({ digest }: Descriptor, signal?: AbortSignal): Promise<RawManifest> {
    return this.#client.getManifest(this.#repo, digest, signal);
  }

  openBlob(descriptor: Descriptor, { signal }: { signal?: AbortSignal } = {}): Promise<Readable> {
    return this.#client.openBlob(this.#repo, descriptor, signal);
  }

  blobSize(digest: string, signal?: AbortSignal): Promise<number> {
    return this.#client.blobSize(this.#repo, digest, signal);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
