import type { SqlConnection } from './sql.js';

/** Longest reason kept, in characters. */
const MAX_REASON = 1000;

/**
 * The states of an image's analysis (analyzer spec 2.1). Each change is one compare-and-set statement, so of two workers
 * with the same job one wins, and an image that was deleted meanwhile is left alone. An analysis that was asked for while
 * an older one was under way (`analysis_wanted`) is neither ended nor failed by that older one.
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

  /**
   * Analysed and loaded by the policy engine: questions about the image can be answered from now on.
   *
   * @returns false also when the documents are of an older analysis than the wanted one
   */
  finish(account: string, digest: string): Promise<boolean> {
    return this.change(
      account,
      digest,
      ['not_analyzed', 'analyzing', 'analysis_failed', 'analyzed'],
      `analysis_status = 'analyzed', analysis_error = NULL, analyzed_at = extract(epoch FROM now())::integer`,
      [],
      'AND analysis_made = analysis_wanted',
    );
  }

  /**
   * Gives up, with a one-line reason that the API shows.
   *
   * @param wanted the analysis that failed; without it the wanted one is meant
   */
  fail(account: string, digest: string, reason: string, wanted?: number): Promise<boolean> {
    const line = reason.replace(/\s+/g, ' ').trim().slice(0, MAX_REASON);
    return this.change(
      account,
      digest,
      ['not_analyzed', 'analyzing'],
      `analysis_status = 'analysis_failed', analysis_error = $4`,
      [line, wanted ?? null],
      'AND ($5::integer IS NULL OR analysis_wanted = $5)',
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
      `analysis_status = 'not_analyzed', analysis_error = NULL, analysis_wanted = analysis_wanted + 1`,
    );
  }

  private async change(
    account: string,
    digest: string,
    from: string[],
    set: string,
    more: unknown[] = [],
    where = '',
  ): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE catalog_image SET ${set}, last_updated = extract(epoch FROM now())::integer
       WHERE "userId" = $1 AND "imageDigest" = $2 AND analysis_status = ANY($3::varchar[]) AND image_status = 'active'
         ${where}
       RETURNING 1`,
      [account, digest, from, ...more],
    );
    return rows.length === 1;
  }
}
