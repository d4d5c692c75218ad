import type { Sql } from '@kedge/database';
import { evaluateBundle, PolicyError, type EvaluationResult, type PolicyEvaluation } from '@kedge/policy';
import { ApiError, KEDGE_VERSION } from '@kedge/service';
import type { Logger } from 'pino';
import { readFeedState } from '../feeds/feed-state.js';
import { requireImage } from '../image-view/require-image.js';
import type { ImageRow } from '../image-view/image-row.js';
import type { ContentCaches } from '../image-view/content-cache.js';
import { PgImageView, type ViewParts } from '../image-view/pg-image-view.js';
import { findPreviousImage } from '../image-view/previous-image.js';
import type { EngineSettings } from '../settings.js';
import { BundleCompiler, type PreparedBundle } from './bundle-compiler.js';
import { EvaluationCache, type CacheKey } from './evaluation-cache.js';
import type { EvaluationMetrics } from './evaluation-metrics.js';

export interface EvaluationRequest {
  account: string;
  imageId: string;
  /** When several images share an id; the one that was indexed last otherwise. */
  imageDigest?: string | undefined;
  /** Pull string that the image is judged as; null for any. */
  tag: string | null;
  bundle: unknown;
}

/** What an evaluation works with. */
export interface EvaluatorParts {
  sql: Sql;
  settings: EngineSettings;
  caches: ContentCaches;
  cache: EvaluationCache;
  metrics: EvaluationMetrics;
  logger: Logger;
}

/** Times that an image may be indexed again while it is evaluated. */
const ATTEMPTS = 3;
/** An evaluation that takes longer is given up. */
const MAX_SECONDS = 300;

/** Applies bundles to indexed images, and remembers what came of it. */
export class Evaluator {
  /** Changed by `POST /evaluation_cache/status`, for this process. */
  cacheEnabled: boolean;
  private readonly bundles = new BundleCompiler();

  constructor(private readonly parts: EvaluatorParts) {
    this.cacheEnabled = parts.settings.cacheEnabled;
  }

  /**
   * Faults of the bundle are part of the answer, which then says stop (policy spec 1.6, 5.4).
   *
   * @throws ApiError 404 when the image is not known or not analysed yet, 400 when the bundle is no object, 503 when the
   * image keeps changing or the evaluation takes too long; errors of the database.
   */
  async evaluate(request: EvaluationRequest): Promise<PolicyEvaluation> {
    const stop = this.parts.metrics.seconds.startTimer();
    try {
      const bundle = this.bundles.prepare(request.bundle);
      const evaluation = await this.evaluateCurrent(request, bundle);
      stop({ status: 'success' });
      return evaluation;
    } catch (error) {
      stop({ status: 'fail' });
      throw error;
    }
  }

  private async evaluateCurrent(request: EvaluationRequest, bundle: PreparedBundle): Promise<PolicyEvaluation> {
    const { sql, settings, caches } = this.parts;
    const signal = AbortSignal.timeout(MAX_SECONDS * 1000);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const row = await requireImage(sql, request, settings.packageDb);
      const now = new Date();
      const [previous, feeds] = await Promise.all([this.previousOf(row, request.tag), readFeedState(sql, row)]);
      const parts = { previous, feeds, caches, distroNvdMatches: settings.distroNvdMatches };
      const key = keyOf(row, parts, request, bundle);
      const known = this.cacheEnabled ? await this.lookUp(key, now) : undefined;
      if (known) return { ...known, bundle: request.bundle };
      const view = new PgImageView(sql, row, parts);
      const result = await judged(bundle, request, view, now, signal);
      // Of an image that was replaced under our hands parts may have been missing.
      if (!(await view.isCurrent())) continue;
      if (this.cacheEnabled && result.cacheable) await this.keep(key, result, now);
      return { ...result.evaluation, bundle: request.bundle };
    }
    throw new ApiError(503, `image ${request.imageId} keeps being indexed again; try again later`);
  }

  private async previousOf(row: ImageRow, tag: string | null) {
    return { tag: tag ?? '', image: tag === null ? undefined : await findPreviousImage(this.parts.sql, row, tag) };
  }

  /** A cache that does not work must not fail an evaluation. */
  private async lookUp(key: CacheKey, now: Date): Promise<Omit<PolicyEvaluation, 'bundle'> | undefined> {
    const { cache, metrics, logger } = this.parts;
    const stop = metrics.cacheLatency.startTimer();
    try {
      const found = await cache.find(key, now);
      if (typeof found === 'string') {
        metrics.miss(found);
        stop({ status: 'miss' });
        return undefined;
      }
      metrics.hit();
      stop({ status: 'hit' });
      return found;
    } catch (error) {
      stop({ status: 'error' });
      logger.warn({ reason: (error as Error).message }, 'the evaluation cache cannot be read');
      return undefined;
    }
  }

  private async keep(key: CacheKey, result: EvaluationResult, now: Date): Promise<void> {
    const { cache, settings, logger } = this.parts;
    const oldest = now.getTime() + settings.cacheSeconds * 1000;
    const validUntil = new Date(Math.min(oldest, result.validUntil?.getTime() ?? oldest));
    try {
      await cache.keep(key, result.evaluation, validUntil);
    } catch (error) {
      logger.warn({ reason: (error as Error).message }, 'the evaluation cache cannot be written');
    }
  }
}

function keyOf(
  row: ImageRow,
  { previous, feeds, distroNvdMatches }: ViewParts,
  request: EvaluationRequest,
  bundle: PreparedBundle,
): CacheKey {
  return {
    image: row.id,
    tag: request.tag,
    bundleId: bundle.id,
    bundleDigest: bundle.digest,
    // Rules may compare the image with the one that the tag named before it.
    environment: [
      ...[KEDGE_VERSION, row.packageDbState, previous.image?.id ?? ''],
      ...[feeds.version, String(distroNvdMatches)],
    ],
  };
}

async function judged(
  bundle: PreparedBundle,
  { account, imageId, tag }: EvaluationRequest,
  view: PgImageView,
  now: Date,
  signal: AbortSignal,
): Promise<EvaluationResult> {
  try {
    return await evaluateBundle(bundle.compiled, { account, imageId, tag, view, now, signal });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ApiError(503, `${error.message}: it took longer than ${MAX_SECONDS} s`, undefined, error);
  }
}
