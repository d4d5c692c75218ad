import { guessDockerfile, type ImageFacts, type AnalysisLimits, type AnalysisRules } from '@kedge/analysis';
import type { Sql } from '@kedge/database';
import type { ObjectStore } from '@kedge/object-store';
import { dockerHistory, type ResolvedImage } from '@kedge/registry';
import type { JobQueue } from '@kedge/service';
import { DamagedInventoryError } from '../errors.js';
import { storeDocuments } from '../documents/store-documents.js';
import { fullTag, userDockerfile, type ImageRecord } from '../image/image-record.js';
import { openImage, type OpenImage } from '../image/open-image.js';
import { ImageGoneError, SupersededError } from '../image/watch-image.js';
import type { LayerBlobs } from '../layers/layer-blobs.js';
import type { LayerInventories, WantedLayer } from '../layers/layer-inventories.js';
import type { ImageResult } from '../threads/tasks.js';
import type { ThreadPool } from '../threads/thread-pool.js';
import { writeSummary } from './analysis-commit.js';
import { addCompletedEvents, type EventSource } from './analysis-events.js';
import type { Phase } from './analysis-metrics.js';

export interface ImageAnalysisParts {
  sql: Sql;
  store: ObjectStore;
  jobs: Pick<JobQueue, 'send'>;
  pool: ThreadPool;
  inventories: LayerInventories;
  blobs: LayerBlobs;
  limits: AnalysisLimits;
  eventSource: EventSource;
  localDirectories: readonly string[];
  ownedPackageFilter: boolean;
  hints: boolean;
}

/** What one analysis did, for the log. */
export interface AnalysisReport extends ImageResult {
  name: string;
  layers: number;
  /** Seconds by phase. */
  phases: Record<Phase, number>;
}

/** Analyses one image from its source to its documents. */
export class ImageAnalysis {
  constructor(private readonly parts: ImageAnalysisParts) {}

  /**
   * Reads the layers that are not known yet, merges all, stores the documents, writes the summary and sends the job
   * `index-image`. No document is stored before all is analysed; a later run replaces those of an earlier one.
   *
   * @throws typed errors of source, layers, threads and stores; ImageGoneError; SupersededError; the signal's reason
   */
  async run(record: ImageRecord, rules: AnalysisRules, signal: AbortSignal): Promise<AnalysisReport> {
    const { sql, localDirectories } = this.parts;
    const phases: Record<Phase, number> = { resolve: 0, layers: 0, documents: 0, commit: 0 };
    const timed = async <T>(phase: Phase, work: () => Promise<T>): Promise<T> => {
      const started = performance.now();
      try {
        return await work();
      } finally {
        phases[phase] += (performance.now() - started) / 1000;
      }
    };
    const opened = await timed('resolve', () => openImage(record, sql, { localDirectories, signal }));
    try {
      const layers = wantedLayers(opened, this.parts.blobs, signal);
      const facts = imageFacts(record, opened.image);
      const diffIds = await timed('layers', () => this.ensureAll(layers, rules, signal));
      const result = await this.documents({ record, facts, layers, diffIds, rules, signal, timed });
      await timed('commit', () => this.commit(record, facts, result));
      return { ...result, name: opened.name, layers: layers.length, phases };
    } finally {
      await opened.source.close();
    }
  }

  /** @returns the layers' diff ids, in their order */
  private async ensureAll(layers: WantedLayer[], rules: AnalysisRules, signal: AbortSignal): Promise<string[]> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const different = new Map<string, Promise<string>>();
    const all = layers.map((layer) => {
      const name = layer.diffId ?? layer.digest;
      const ensured = different.get(name) ?? this.parts.inventories.ensure(layer, rules, either);
      different.set(name, ensured);
      return ensured;
    });
    try {
      return await Promise.all(all);
    } catch (error) {
      stop.abort(error); // the first failure ends the others; it is the one to tell
      await Promise.allSettled(all);
      throw error;
    }
  }

  /** Merges; a stored inventory that turns out to be damaged is made again, each one once. */
  private async documents(of: {
    record: ImageRecord;
    facts: ImageFacts;
    layers: WantedLayer[];
    diffIds: string[];
    rules: AnalysisRules;
    signal: AbortSignal;
    timed: <T>(phase: Phase, work: () => Promise<T>) => Promise<T>;
  }): Promise<ImageResult> {
    const { pool, inventories, store, limits, ownedPackageFilter, hints } = this.parts;
    const { record, facts, layers, diffIds, rules, signal, timed } = of;
    const remade = new Set<string>();
    for (;;) {
      try {
        return await timed('documents', () =>
          storeDocuments(pool, inventories, store, {
            account: record.account,
            facts,
            diffIds,
            rules,
            maxEntries: limits.entries,
            ownedPackageFilter,
            hints,
            signal,
          }),
        );
      } catch (error) {
        if (!(error instanceof DamagedInventoryError) || remade.has(error.diffId)) throw error;
        remade.add(error.diffId);
        await inventories.drop(error.diffId, rules);
        const damaged = layers.filter((_layer, index) => diffIds[index] === error.diffId);
        await timed('layers', () => this.ensureAll(damaged, rules, signal));
      }
    }
  }

  private async commit(record: ImageRecord, facts: ImageFacts, { summary }: ImageResult): Promise<void> {
    const { sql, jobs, store, eventSource } = this.parts;
    const { account, digest: imageDigest } = record;
    const dockerfile = facts.dockerfile ?? guessDockerfile(facts.history);
    const written = await sql.transaction(async (tx) => {
      const outcome = await writeSummary(tx, record, summary, dockerfile);
      if (outcome !== 'written') return outcome;
      await addCompletedEvents(tx, eventSource, record);
      await jobs.send('index-image', { account, imageDigest }, { sql: tx });
      return outcome;
    });
    if (written === 'written') return;
    if (written === 'superseded') throw new SupersededError(`a new analysis of image ${imageDigest} was asked for`);
    // The catalog deleted the image's objects before ours were written.
    for (const bucket of ['analysis_data', 'image_content_data']) {
      await store.delete({ account, bucket, key: imageDigest });
    }
    throw new ImageGoneError(`image ${imageDigest} was deleted`);
  }
}

function wantedLayers(opened: OpenImage, blobs: LayerBlobs, signal: AbortSignal): WantedLayer[] {
  return opened.image.layers.map((layer, index) => ({
    digest: layer.digest,
    diffId: opened.image.diffIds[index],
    openBlob: () => blobs.open(opened, layer, signal),
  }));
}

function imageFacts(record: ImageRecord, image: ResolvedImage): ImageFacts {
  const dockerfile = userDockerfile(record);
  const tag = record.tags[0];
  return {
    imageId: image.imageId,
    digest: image.digest,
    fullTag: tag ? fullTag(tag) : image.digest,
    architecture: image.platform.architecture,
    layers: image.layers.map(({ digest }) => digest),
    manifest: JSON.parse(image.manifest.toString('utf8')) as unknown,
    history: dockerHistory(image),
    ...(dockerfile === undefined ? {} : { dockerfile }),
  };
}
