import type { AnalysisRules, ImageFacts } from '@kedge/analysis';
import type { ObjectId, ObjectStore } from '@kedge/object-store';
import type { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { DamagedInventoryError } from '../errors.js';
import { asDamage, type LayerInventories } from '../layers/layer-inventories.js';
import { receiveBytes, sendBytes } from '../threads/byte-channel.js';
import type { ImageResult } from '../threads/tasks.js';
import type { ThreadPool } from '../threads/thread-pool.js';

export interface DocumentsOptions {
  account: string;
  facts: ImageFacts;
  /** Diff ids of the layers, base first. Their inventories are stored. */
  diffIds: readonly string[];
  rules: AnalysisRules;
  maxEntries: number;
  ownedPackageFilter: boolean;
  hints: boolean;
  signal: AbortSignal;
}

/**
 * Merges the layers of an image in a thread of the pool and stores the documents `analysis_data` and `image_content_data`
 * as they are made. Nothing is stored before the merge is complete.
 *
 * @throws DamagedInventoryError when a stored inventory has to be made again; AnalysisError, AnalyzerError, StorageError
 */
export async function storeDocuments(
  pool: ThreadPool,
  inventories: LayerInventories,
  store: ObjectStore,
  options: DocumentsOptions,
): Promise<ImageResult> {
  const { facts, rules, signal } = options;
  const wanted = [...new Set(options.diffIds)].map((diffId) => ({ diffId, ...new MessageChannel() }));
  const [analysisData, contentData] = [new MessageChannel(), new MessageChannel()];
  const close = (): void => {
    for (const { port1 } of [...wanted, analysisData, contentData]) port1.close();
  };
  const feed = async (): Promise<void> => {
    let next = openAhead(inventories, wanted[0]?.diffId, options);
    for (const [index, { diffId, port1 }] of wanted.entries()) {
      const text = await next;
      if (text === undefined) return;
      next = openAhead(inventories, wanted[index + 1]?.diffId, options);
      try {
        await sendBytes(port1, text);
      } catch (error) {
        await next.then(
          (unread) => unread?.destroy(),
          () => undefined, // one reason is enough
        );
        throw asDamage(diffId, error);
      }
    }
  };
  const put = (bucket: string, { port1 }: MessageChannel) =>
    store.put({ account: options.account, bucket, key: facts.digest } satisfies ObjectId, receiveBytes(port1), {
      signal,
    });
  return pool.use(async (thread) => {
    const { result, done } = thread.run(
      {
        kind: 'image',
        facts,
        rules,
        maxEntries: options.maxEntries,
        ownedPackageFilter: options.ownedPackageFilter,
        hints: options.hints,
        diffIds: [...options.diffIds],
        inventories: wanted.map(({ diffId, port2 }) => ({ diffId, text: port2 })),
        analysisData: analysisData.port2,
        imageContentData: contentData.port2,
      },
      [...wanted, analysisData, contentData].map(({ port2 }) => port2),
    );
    const fed = feed().then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    try {
      // A failure to feed leaves the thread waiting, so it has to end this.
      const found = await Promise.race([result, fed.then((error) => (error ? Promise.reject(error) : result))]);
      // The second is made while the first is still being compressed and written.
      const stored = [put('analysis_data', analysisData), put('image_content_data', contentData)];
      await Promise.all(stored).finally(() => {
        close(); // one without the other is of no use
        return Promise.allSettled(stored);
      });
      await done;
      return found;
    } catch (error) {
      // When both sides complain, the store knows more of a stored text than its reader.
      if (error instanceof DamagedInventoryError) throw (await closeAnd(close, fed)) ?? error;
      throw error;
    } finally {
      close();
      await fed;
    }
  }, signal);
}

/**
 * Begins to open an inventory while the one before it is still being read, which spares the thread the wait for the store.
 * Whoever waits for it, or reads it, hears of its errors; until then nobody has to.
 */
function openAhead(
  inventories: LayerInventories,
  diffId: string | undefined,
  { rules, signal }: Pick<DocumentsOptions, 'rules' | 'signal'>,
): Promise<Readable | undefined> {
  const opening = diffId === undefined ? Promise.resolve(undefined) : inventories.open(diffId, rules, signal);
  opening.then(
    (text) => text?.on('error', () => undefined),
    () => undefined,
  );
  return opening;
}

async function closeAnd(close: () => void, fed: Promise<Error | undefined>): Promise<Error | undefined> {
  close();
  const error = await fed;
  return error instanceof DamagedInventoryError ? error : undefined;
}
