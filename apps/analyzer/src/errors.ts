import { AnalysisError } from '@kedge/analysis';
import type { WireError } from './threads/tasks.js';

/**
 * Reasons of the analyzer itself; sources, layers and stores have their own errors.
 *
 * - `no_tag`: the image has no tag, so nobody knows where to read it;
 * - `location_refused`: a local image outside of the directories that the operator allows;
 * - `image_changed`: the source now holds another image than the one that was added;
 * - `time_limit`: the analysis took longer than `image_analyze_timeout_seconds`;
 * - `out_of_memory`: a thread needed more memory than it may use;
 * - `thread_lost`: a thread died or was stopped;
 * - `unexpected`: a fault of the analyzer.
 */
export type AnalyzerErrorCode =
  'no_tag' | 'location_refused' | 'image_changed' | 'time_limit' | 'out_of_memory' | 'thread_lost' | 'unexpected';

/** An analysis failed for a reason of the analyzer's own. The message names what is wrong and the way out. */
export class AnalyzerError extends Error {
  override readonly name = 'AnalyzerError';

  constructor(
    readonly code: AnalyzerErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** True when the same analysis may succeed later. */
  get retryable(): boolean {
    return this.code === 'thread_lost' || this.code === 'unexpected';
  }
}

/** The stored inventory of a layer cannot be used; it must be made again. */
export class DamagedInventoryError extends Error {
  override readonly name = 'DamagedInventoryError';

  constructor(
    /** `sha256:<hex>` */
    readonly diffId: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** The error that a thread meant. */
export function fromWire({ code, message, damagedLayer }: WireError): Error {
  if (damagedLayer !== undefined) return new DamagedInventoryError(damagedLayer, message);
  if (code !== undefined) return new AnalysisError(code, message);
  return new AnalyzerError('unexpected', `the analysis met an error that it does not know: ${message}`);
}
