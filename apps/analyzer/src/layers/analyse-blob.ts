import type { AnalysisLimits, AnalysisRules } from '@kedge/analysis';
import { AnalysisError } from '@kedge/analysis';
import type { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { receiveBytes, sendBytes } from '../threads/byte-channel.js';
import type { ThreadPool } from '../threads/thread-pool.js';
import type { LayerResult } from '../threads/tasks.js';

/** Bytes that make no sense may be damaged ones; the source tells at its end. */
const MAYBE_DAMAGED = new Set<string>([
  'corrupt_compression',
  'corrupt_tar',
  'unknown_compression',
  'diff_id_mismatch',
]);

export interface BlobAnalysis {
  /** `sha256:<hex>` of the uncompressed layer; undefined to learn it. */
  diffId: string | undefined;
  /** Of the blob, for messages. */
  digest: string;
  rules: AnalysisRules;
  limits: AnalysisLimits;
  /** Called once a thread is free. */
  open: () => Promise<Readable>;
  /** Stores the inventory's text; called when the analysis is complete and the blob proven. */
  store: (inventory: Readable, found: LayerResult) => Promise<unknown>;
  signal: AbortSignal;
}

/**
 * Analyses one layer in a thread of the pool while its blob is being read, and stores the inventory.
 *
 * @throws the error of the blob's source when that fails, also when the thread gave up before: damaged bytes look like a
 *   broken layer at first. Else AnalysisError, AnalyzerError, or what `store` throws.
 */
export async function analyseBlob(pool: ThreadPool, options: BlobAnalysis): Promise<LayerResult> {
  const { diffId: expectedDiffId, digest: blobDigest, rules, limits, signal } = options;
  return pool.use(async (thread) => {
    const source = await options.open();
    const blob = new MessageChannel();
    const text = new MessageChannel();
    const sent = sendBytes(blob.port1, source).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    const { result, done } = thread.run(
      { kind: 'layer', expectedDiffId, blobDigest, rules, limits, blob: blob.port2, inventoryText: text.port2 },
      [blob.port2, text.port2],
    );
    try {
      const found = await result;
      await options.store(receiveBytes(text.port1), found);
      await done;
      return found;
    } catch (error) {
      if (!(error instanceof AnalysisError)) throw error;
      const worthReading = MAYBE_DAMAGED.has(error.code) || error.code === 'read_failed';
      if (!worthReading) throw error;
      throw (await sent) ?? error;
    } finally {
      source.destroy();
      blob.port1.close();
      text.port1.close();
      await sent;
    }
  }, signal);
}
