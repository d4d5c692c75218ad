import type { Readable } from 'node:stream';

/** OCI content descriptor. `urls` only on foreign (non-distributable) layers. */
export interface Descriptor {
  mediaType: string;
  /** `sha256:<64 hex>` */
  digest: string;
  /** Bytes of the blob as stored. */
  size: number;
  urls?: string[];
}

/** Platform to choose from an index or manifest list. Default everywhere: linux/amd64. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** An image after its reference was resolved: manifest and config read and verified, layers not yet. */
export interface ResolvedImage {
  /** Digest of the platform manifest, over the bytes of `manifest`. */
  digest: string;
  mediaType: string;
  /** Raw manifest bytes, exactly as served; of a signed Docker schema 1 manifest the signed text, without signatures. */
  manifest: Buffer;
  /** Digest of the index or manifest list; equals `digest` when there is none. */
  parentDigest: string;
  parentManifest?: Buffer;
  /** Raw config bytes; for Docker schema 1 put together from the manifest. */
  config: Buffer;
  /** Hex of the config's digest; for Docker schema 1, which has no config, of the manifest's. */
  imageId: string;
  platform: Platform;
  /** Base first. */
  layers: Descriptor[];
  /**
   * Digests of the uncompressed layers, same order as `layers`. Undefined where only reading the layer can tell, as with
   * Docker schema 1.
   */
  diffIds: (string | undefined)[];
}

/** Where an image is read from: a registry repository, an OCI layout, a docker archive. */
export interface ImageSource {
  resolve(options?: { platform?: Platform; signal?: AbortSignal }): Promise<ResolvedImage>;
  /**
   * The blob's bytes as stored. The stream fails with an {@link ImageError} `digest_mismatch` or `size_mismatch` at its
   * end when the bytes are not those of the descriptor; a consumer must treat nothing as true before `end`.
   */
  openBlob(descriptor: Descriptor, options?: { signal?: AbortSignal }): Promise<Readable>;
  close(): Promise<void>;
}

/** Closed list of reasons; HTTP answers and job failure reasons derive from it. */
export type ImageErrorCode =
  | 'invalid_reference'
  | 'not_found'
  | 'unauthorized'
  | 'unreachable'
  | 'not_supported'
  | 'no_platform'
  | 'digest_mismatch'
  | 'size_mismatch'
  | 'invalid_manifest'
  | 'too_large'
  | 'aborted'
  | 'unknown';

/** An image could not be read. The message names the reference and the way out and never holds credentials. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly code: ImageErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return this.code === 'unreachable';
  }
}
