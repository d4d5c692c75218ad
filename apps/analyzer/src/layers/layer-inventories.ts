import { analysisVersion, type AnalysisLimits, type AnalysisRules } from '@kedge/analysis';
import { StorageError, type ObjectId, type ObjectStore } from '@kedge/object-store';
import type { Readable } from 'node:stream';
import { DamagedInventoryError } from '../errors.js';
import type { LayerResult } from '../threads/tasks.js';
import type { ThreadPool } from '../threads/thread-pool.js';
import { analyseBlob } from './analyse-blob.js';
import { isDamagedBlob } from './layer-blobs.js';

const ACCOUNT = 'kedge-system';
const BUCKET = 'layer_inventories';

/** A layer that an image wants. */
export interface WantedLayer {
  diffId: string;
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
  private readonly making = new Map<string, Promise<void>>();

  constructor(private readonly options: LayerInventoriesOptions) {}

  /**
   * Makes sure that the layer's inventory is stored. Of several who want the same layer at a time one does the work; when
   * that one is stopped, another takes over.
   *
   * @throws what reading or analysing the blob fails with; StorageError; the signal's reason
   */
  async ensure(layer: WantedLayer, rules: AnalysisRules, signal: AbortSignal): Promise<void> {
    const id = inventoryId(layer.diffId, rules);
    for (;;) {
      signal.throwIfAborted();
      const running = this.making.get(id.key);
      if (!running) break;
      try {
        await abortable(running, signal);
        return;
      } catch {
        // Theirs failed, perhaps for reasons of their own (they were stopped, their login ended): try ourselves.
      }
    }
    const making = this.make(id, layer, rules, signal).finally(() => this.making.delete(id.key));
    this.making.set(id.key, making);
    await making;
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

  private async make(id: ObjectId, layer: WantedLayer, rules: AnalysisRules, signal: AbortSignal): Promise<void> {
    const { store, pool, limits, onLayer, onRead } = this.options;
    const known = (await store.stat(id)) !== undefined;
    onLayer(known);
    if (known) return;
    for (let again = false; ; again = true) {
      try {
        const result = await analyseBlob(pool, {
          diffId: layer.diffId,
          rules,
          limits,
          open: layer.openBlob,
          store: (text) => store.put(id, text, { signal }),
          signal,
        });
        onRead(result);
        return;
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

async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
