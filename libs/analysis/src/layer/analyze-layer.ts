import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AnalysisError } from '../errors.js';
import type { LayerInventory } from '../inventory/layer-inventory.js';
import { analysisVersion, type AnalysisLimits, type AnalysisRules } from '../rules.js';
import { inflate, type Inflating } from './inflate.js';
import { LayerCollector } from './layer-collector.js';
import { TarError, TarReader } from './tar-reader.js';

export interface AnalyzeLayerOptions {
  /** The compression is always told from the first bytes, whatever the media type says. */
  compression: 'auto';
  /** `sha256:<hex>` of the uncompressed layer as the image's config states it; checked when given. */
  expectedDiffId?: string;
  /** Names the layer in messages where its diff id is not known. */
  blobDigest?: string;
  rules: AnalysisRules;
  limits: AnalysisLimits;
  signal?: AbortSignal;
}

/**
 * Reads a layer once, as a stream: inflates it (gzip, zstd or plain), takes the digest of the whole and of every regular
 * file, and what catalogers and searches want. Nothing is written to disk and only files of interest are held, within
 * `limits`. The answer depends on nothing but the uncompressed bytes and the rules.
 *
 * Throws {@link AnalysisError}; its message names the layer by the expected diff id, or else the blob. The blob is read to its end unless
 * an error stops it, and is destroyed in any case.
 */
export async function analyzeLayer(blob: Readable, options: AnalyzeLayerOptions): Promise<LayerInventory> {
  const { limits, expectedDiffId, blobDigest } = options;
  const layer = `layer ${expectedDiffId ?? (blobDigest === undefined ? '(diff id unknown)' : `of blob ${blobDigest}`)}`;
  const timeout = AbortSignal.timeout(limits.wallTime);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const state: Inflating = { compressedBytes: 0, compression: undefined };
  const whole = createHash('sha256');
  let inflatedBytes = 0;
  try {
    const collector = new LayerCollector(options.rules, limits);
    const tar = new TarReader(collector);
    for await (const piece of inflate(blob, state, signal)) {
      inflatedBytes += piece.length;
      checkSize(inflatedBytes, state, limits);
      whole.update(piece);
      tar.write(piece);
      await collector.settle();
      signal.throwIfAborted();
    }
    tar.end();
    const diffId = `sha256:${whole.digest('hex')}`;
    if (expectedDiffId !== undefined && diffId !== expectedDiffId) {
      throw new AnalysisError(
        'diff_id_mismatch',
        `the uncompressed bytes have the digest ${diffId}, not the one in the image's config; ` +
          'the blob is damaged or the image is wrong: remove it from the layer cache, or push the image again',
      );
    }
    return { version: analysisVersion(options.rules), diffId, inflatedBytes, ...collector.result() };
  } catch (error) {
    throw named(layer, translate(error, state, { timeout, options }));
  } finally {
    blob.destroy();
  }
}

function checkSize(inflatedBytes: number, state: Inflating, limits: AnalysisLimits): void {
  if (inflatedBytes > limits.inflatedBytes) {
    throw new AnalysisError(
      'inflated_bytes_limit',
      `more than ${limits.inflatedBytes} bytes uncompressed; raise the limit on the analyzer if this is meant`,
    );
  }
  if (inflatedBytes <= limits.ratioFloorBytes || state.compression === 'none') return;
  if (inflatedBytes > limits.compressionRatio * state.compressedBytes) {
    throw new AnalysisError(
      'compression_ratio_limit',
      `${inflatedBytes} bytes came out of ${state.compressedBytes}, more than ${limits.compressionRatio} to one; ` +
        'raise the limit on the analyzer if this is meant',
    );
  }
}

function translate(
  error: unknown,
  state: Inflating,
  from: { timeout: AbortSignal; options: AnalyzeLayerOptions },
): unknown {
  if (from.options.signal?.aborted) return new AnalysisError('aborted', 'the analysis was stopped', error);
  if (from.timeout.aborted) {
    return new AnalysisError(
      'wall_time_limit',
      `not done after ${from.options.limits.wallTime} ms and ${state.compressedBytes} bytes; raise the limit or look at the source's speed`,
      error,
    );
  }
  if (error instanceof TarError) {
    const code = state.compression === 'none' && error.offset < 512 ? 'unknown_compression' : 'corrupt_tar';
    const what = code === 'corrupt_tar' ? 'not a sound tar archive' : 'neither gzip, zstd nor a tar archive';
    const message = `${what}: ${error.message} at uncompressed byte ${error.offset}; push the image again`;
    return new AnalysisError(code, message, error);
  }
  return error;
}

function named(layer: string, error: unknown): unknown {
  return error instanceof AnalysisError
    ? new AnalysisError(error.code, `${layer}: ${error.message}`, error.cause ?? error)
    : error;
}
