import type {
  AnalysisErrorCode,
  AnalysisLimits,
  AnalysisRules,
  AnalyzerStatus,
  ImageFacts,
  ImageSummary,
} from '@kedge/analysis';
import type { MessagePort } from 'node:worker_threads';

/** Analyse one layer: its blob comes in, its inventory goes out as text. */
export interface LayerTask {
  kind: 'layer';
  /** Undefined where the image does not tell it. */
  expectedDiffId: string | undefined;
  /** Of the blob, for messages. */
  blobDigest: string;
  rules: AnalysisRules;
  limits: AnalysisLimits;
  blob: MessagePort;
  inventoryText: MessagePort;
}

/** Merge the layers of one image: the text of their inventories comes in, base first; two documents go out. */
export interface ImageTask {
  kind: 'image';
  facts: ImageFacts;
  rules: AnalysisRules;
  maxEntries: number;
  ownedPackageFilter: boolean;
  hints: boolean;
  /** Of the layers, base first; one may occur twice. */
  diffIds: string[];
  /** One for each different layer, in the order in which they are sent. */
  inventories: { diffId: string; text: MessagePort }[];
  analysisData: MessagePort;
  imageContentData: MessagePort;
}

export type Task = LayerTask | ImageTask;

export interface LayerResult {
  /** `sha256:<hex>` of the uncompressed layer. */
  diffId: string;
  inflatedBytes: number;
  entries: number;
}

export interface ImageResult {
  summary: ImageSummary;
  analyzers: Record<string, AnalyzerStatus>;
  entries: number;
  /** Bounded. */
  warnings: string[];
}

/** An error on its way between threads. */
export interface WireError {
  code: AnalysisErrorCode | undefined;
  message: string;
  /** The layer whose stored inventory is at fault. */
  damagedLayer?: string;
}

/**
 * What a thread says of its task: `result` as soon as it is known (streams may follow), `done` when it is free again,
 * `failed` instead of either.
 */
export type Reply =
  { kind: 'result'; result: LayerResult | ImageResult } | { kind: 'done' } | { kind: 'failed'; error: WireError };
