import { analysisVersion, type AnalysisLimits, type AnalysisRules } from '@kedge/analysis';
import { StorageError, type ObjectId, type ObjectStore } from '@kedge/object-store';
import type { Readable } from 'node:stream';
import { DamagedInventoryError } from '../errors.js';
import type { LayerResult } from '../threads/tasks.js';
import type { ThreadPool } from '../threads/thread-pool.js';
import { analyseBlob } from './analyse-blob.js';
import { isDamagedBlob } from './layer-blobs.js';
import { RememberedDiffIds } from './remembered-diff-ids.js';

const ACCOUNT = 'kedge-system';
const BUCKET = 'layer_inventories';

/** A layer that an image wants. */
export interface WantedLayer {
  /** Of the blob, `sha256:<hex>`. */
  digest: string;
  /** Undefined where the image does not tell. */
  diffId: string | undefined;
  openBlob: () => Promise<Readable>;
}

export interface LayerInventoriesOptions {
  store: ObjectStore;
  pool: ThreadPool;
  limits: AnalysisLimits;
  /** Told of each layer: whether its inventory was there already. */
  onLayer: (known: boolean) => void;
  /** Told of each layer that was read. */
  onRead: (result: LayerResult) => void;
}

/**
 * Inventories of layers in the object store, shared by all images and all analyzers: a layer is read and analysed once for
 * each version of the analysis.
 */
export class LayerInventories {
  private readonly making = new Map<string, Promise<string>>();
  private readonly remembered: RememberedDiffIds;

  constructor(private readonly options: LayerInventoriesOptions) {
    this.remembered = new RememberedDiffIds(options.store);
  }

  /**
   * Makes sure that the layer's inventory is stored. Of several who want the same layer at a time one does the work; when
   * that one is stopped, another takes over.
   *
   * @returns the layer's diff id
   * @throws what reading or analysing the blob fails with; StorageError; the signal's reason
   */
  async ensure(layer: WantedLayer, rules: AnalysisRules, signal: AbortSignal): Promise<string> {
    const name = `${layer.diffId ?? `blob ${layer.digest}`}/${analysisVersion(rules)}`;
    for (;;) {
      signal.throwIfAborted();
      const running = this.making.get(name);
      if (!running) break;
      try {
        return await abortable(running, signal);
      } catch {
        // Theirs failed, perhaps for reasons of their own (they were stopped, their login ended): try ourselves.
      }
    }
    const making = this.make(layer, rules, signal).finally(() => this.making.delete(name));
    this.making.set(name, making);
    return making;
  }

  /**
   * The inventory's text, proven by the store at its end.
   *
   * @throws DamagedInventoryError when it is not there any more or cannot be read; StorageError
   */
  async open(diffId: string, rules: AnalysisRules, signal: AbortSignal): Promise<Readable> {
    try {
      const found = await this.options.store.get(inventoryId(diffId, rules), { signal });
      if (found) return found.body;
    } catch (error) {
      throw asDamage(diffId, error);
    }
    throw new DamagedInventoryError(diffId, `stored inventory of layer ${diffId} is gone`);
  }

  /** Removes an inventory that cannot be used. */
  async drop(diffId: string, rules: AnalysisRules): Promise<void> {
    await this.options.store.delete(inventoryId(diffId, rules));
  }

  private async make(layer: WantedLayer, rules: AnalysisRules, signal: AbortSignal): Promise<string> {
    const diffId = layer.diffId ?? (await this.remembered.get(layer.digest));
    const known = diffId !== undefined && (await this.options.store.stat(inventoryId(diffId, rules))) !== undefined;
    this.options.onLayer(known);
    if (known) return diffId;
    const read = await this.read(layer, diffId, rules, signal);
    if (diffId === undefined) await this.remembered.set(layer.digest, read);
    return read;
  }

  private async read(
    { digest, openBlob: open }: WantedLayer,
    diffId: string | undefined,
    rules: AnalysisRules,
    signal: AbortSignal,
  ): Promise<string> {
    const { store, pool, limits, onRead } = this.options;
    for (let again = false; ; again = true) {
      try {
        const result = await analyseBlob(pool, {
          ...{ diffId, digest, rules, limits, open, signal },
          store: (text, found) => store.put(inventoryId(found.diffId, rules), text, { signal }),
        });
        onRead(result);
        return result.diffId;
      } catch (error) {
        if (again || !isDamagedBlob(error)) throw error;
      }
    }
  }
}

/** What a failure to read stored text means: content that is gone or damaged has to be made again. */
export function asDamage(diffId: string, error: unknown): unknown {
  const code = error instanceof StorageError ? error.code : undefined;
  if (code !== 'integrity' && code !== 'not_found') return error;
  return new DamagedInventoryError(diffId, `stored inventory of layer ${diffId}: ${(error as Error).message}`, error);
}

function inventoryId(diffId: string, rules: AnalysisRules): ObjectId {
  return { account: ACCOUNT, bucket: BUCKET, key: `${diffId}/${analysisVersion(rules)}` };
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
