import { analyzeLayer, writeInventory } from '@kedge/analysis';
import { receiveBytes, sendBytes } from './byte-channel.js';
import type { LayerResult, LayerTask } from './tasks.js';

/** Analyses a layer; the inventory is sent once it is complete and proven. */
export async function analyseLayer(task: LayerTask, onResult: (result: LayerResult) => void): Promise<void> {
  const { expectedDiffId, blobDigest, rules, limits } = task;
  try {
    const inventory = await analyzeLayer(receiveBytes(task.blob), {
      compression: 'auto',
      ...(expectedDiffId !== undefined && { expectedDiffId }),
      blobDigest,
      rules,
      limits,
    });
    const { diffId, inflatedBytes, entries } = inventory;
    onResult({ diffId, inflatedBytes, entries: entries.length });
    await sendBytes(task.inventoryText, writeInventory(inventory));
  } catch (error) {
    task.inventoryText.close();
    throw error;
  }
}
