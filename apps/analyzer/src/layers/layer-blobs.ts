import { LayerCacheError, type LayerCache } from '@kedge/layer-cache';
import type { Descriptor } from '@kedge/registry';
import type { Readable } from 'node:stream';
import type { OpenImage } from '../image/open-image.js';

/**
 * Opens layer blobs of an image: from the layer cache, which stores what it does not have yet, or straight from the source
 * when there is no cache or the image is local. Every stream proves its blob at its end.
 */
export class LayerBlobs {
  /** @param onFetched told of each blob that was read from a source to its end, with its bytes */
  constructor(
    private readonly cache: LayerCache | undefined,
    private readonly onFetched: (bytes: number) => void,
  ) {}

  async open(from: OpenImage, layer: Descriptor, signal: AbortSignal): Promise<Readable> {
    const fetch = async (): Promise<Readable> => {
      const stream = await from.source.openBlob(layer, { signal });
      return stream.once('end', () => this.onFetched(layer.size));
    };
    return this.cache && from.remote ? this.cache.open(layer, fetch, { signal }) : fetch();
  }
}

/** True when a cached blob was damaged: it is gone from the cache, so another try reads the source. */
export function isDamagedBlob(error: unknown): boolean {
  return error instanceof LayerCacheError && error.code === 'damaged';
}
