import { analysisVersion, buildDocuments, readInventory, squash, type LayerInventory } from '@kedge/analysis';
import type { Readable } from 'node:stream';
import { receiveBytes, sendBytes } from './byte-channel.js';
import type { ImageResult, ImageTask } from './tasks.js';

const MAX_WARNINGS = 100;

/** The stored inventory of one layer cannot be used; it must be made again. */
export class StoredInventoryError extends Error {
  override readonly name = 'StoredInventoryError';

  constructor(
    readonly diffId: string,
    cause: unknown,
  ) {
    super(`stored inventory of layer ${diffId}: ${(cause as Error).message}`, { cause });
  }
}

/** Merges the inventories and sends the documents `analysis_data` and `image_content_data`, one after the other. */
export async function mergeImage(task: ImageTask, onResult: (result: ImageResult) => void): Promise<void> {
  const { facts, rules, ownedPackageFilter, hints } = task;
  try {
    const image = squash(await readLayers(task));
    const documents = buildDocuments(facts, image, { rules, ownedPackageFilter, hints });
    onResult({
      summary: documents.summary,
      analyzers: documents.analyzerStatus,
      entries: image.entries.length,
      warnings: documents.warnings.slice(0, MAX_WARNINGS),
    });
    await sendBytes(task.analysisData, asDocument(documents.analysisData()));
    await sendBytes(task.imageContentData, asDocument(documents.imageContentData()));
  } catch (error) {
    for (const port of [task.analysisData, task.imageContentData]) port.close();
    throw error;
  } finally {
    for (const { text } of task.inventories) text.close();
  }
}

async function readLayers({ diffIds, inventories, rules, maxEntries }: ImageTask): Promise<LayerInventory[]> {
  const version = analysisVersion(rules);
  const read = new Map<string, LayerInventory>();
  for (const { diffId, text } of inventories) {
    try {
      const inventory = await readInventory(receiveBytes(text), { version, maxEntries });
      if (inventory.diffId !== diffId) throw new Error(`it is that of ${inventory.diffId}`);
      read.set(diffId, inventory);
    } catch (error) {
      throw new StoredInventoryError(diffId, error);
    }
  }
  return diffIds.flatMap((diffId) => read.get(diffId) ?? []);
}

/** Documents are stored as `{"document": value}`. */
async function* asDocument(json: Readable): AsyncGenerator<string | Buffer> {
  yield '{"document":';
  for await (const chunk of json) yield chunk as Buffer;
  yield '}';
}
