import type { SqlConnection } from './sql.js';

/** Longest reason kept, in characters. */
const MAX_REASON = 1000;

/**
 * The states of an image's analysis (analyzer spec 2.1). Each change is one compare-and-set statement, so of two workers
 * with the same job one wins, and an image that was deleted meanwhile is left alone.
 *
 * ```
 * not_analyzed --begin--> analyzing --finish--> analyzed
 *       ^                    |  fail
 *       +------ reset -------+--------> analysis_failed
 * ```
 */
export class ImageStates {
  constructor(private readonly sql: Pick<SqlConnection, 'query'>) {}

  /**
   * Marks the analysis as begun. A job that was lost with its worker begins again, so `analyzing` is no obstacle.
   *
   * @returns false when the image is gone, being deleted, or needs no analysis.
   */
  begin(account: string, digest: string): Promise<boolean> {
    return this.change(
      account,
      digest,
      ['not_analyzed', 'analyzing'],
      `analysis_status = 'analyzing', analysis_error = NULL`,
    );
  }

  /** Analysed and loaded by the policy engine: questions about the image can be answered from now on. */
  finish(account: string, digest: string): Promise<boolean> {
    return this.change(
      account,
      digest,
      ['not_analyzed', 'analyzing', 'analysis_failed', 'analyzed'],
      `analysis_status = 'analyzed', analysis_error = NULL, analyzed_at = extract(epoch FROM now())::integer`,
    );
  }

  /** Gives up, with a one-line reason that the API shows. */
  fail(account: string, digest: string, reason: string): Promise<boolean> {
    const line = reason.replace(/\s+/g, ' ').trim().slice(0, MAX_REASON);
    return this.change(
      account,
      digest,
      ['not_analyzed', 'analyzing'],
      `analysis_status = 'analysis_failed', analysis_error = $4`,
      [line],
    );
  }

  /** Notes why an attempt failed while another one is to come. */
  note(account: string, digest: string, reason: string): Promise<boolean> {
    const line = reason.replace(/\s+/g, ' ').trim().slice(0, MAX_REASON);
    return this.change(account, digest, ['not_analyzed', 'analyzing'], `analysis_error = $4`, [line]);
  }

  /** Back to the start, for a new analysis. The caller sends the job. */
  reset(account: string, digest: string): Promise<boolean> {
    return this.change(
      account,
      digest,
      ['not_analyzed', 'analyzing', 'analyzed', 'analysis_failed'],
      `analysis_status = 'not_analyzed', analysis_error = NULL`,
    );
  }

  private async change(
    account: string,
    digest: string,
    from: string[],
    set: string,
    more: unknown[] = [],
  ): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE catalog_image SET ${set}, last_updated = extract(epoch FROM now())::integer
       WHERE "userId" = $1 AND "imageDigest" = $2 AND analysis_status = ANY($3::varchar[]) AND image_status = 'active'
       RETURNING 1`,
      [account, digest, from, ...more],
    );
    return rows.length === 1;
  }
}
