import type { Sql } from '@kedge/database';
import { randomUUID } from 'node:crypto';
import { epochSeconds } from '../images/archived-images.js';
import type { ImageArchiver } from '../images/image-archiver.js';
import { findCandidates, type Candidate } from './candidates.js';
import { TransitionHistory } from './transition-history.js';
import type { Transition, TransitionRule } from './transition-rule.js';
import { TransitionRules } from './transition-rules.js';

export interface RuleRunnerOptions {
  sql: Sql;
  archiver: ImageArchiver;
  /** Removes an image from the working set, whatever its subscriptions. */
  removeImage(account: string, imageDigest: string): Promise<void>;
}

/** One image that a rule took, or failed to take. */
export interface TransitionResult {
  account: string;
  imageDigest: string;
  fullTag: string;
  transition: Transition;
  ruleIds: string[];
  /** Undefined when it was done. */
  failure?: string;
}

const ACCOUNTS_AT_A_TIME = 500;

/**
 * Applies the rules of the analysis archive (storage spec 4.7). Account by account: first its images go to the archive -
 * by the rules for all accounts, then by its own - and leave the working set; then archived images are deleted, likewise.
 * What fails is reported and left for the next run.
 */
export class RuleRunner {
  private readonly rules: TransitionRules;
  private readonly history: TransitionHistory;

  constructor(private readonly options: RuleRunnerOptions) {
    this.rules = new TransitionRules(options.sql);
    this.history = new TransitionHistory(options.sql);
  }

  /**
   * One run, image by image as it goes.
   *
   * @param options.dryRun tells what would be done and does nothing
   * @param options.now seconds since 1970
   * @param options.signal ends the run after the image at hand
   */
  async *run(options: { dryRun?: boolean; now?: number; signal?: AbortSignal } = {}): AsyncGenerator<TransitionResult> {
    const { dryRun = false, now = epochSeconds(), signal } = options;
    const taskId = randomUUID().replaceAll('-', '');
    for await (const account of this.accounts()) {
      const rules = await this.rules.list(account, { withGlobal: true });
      for (const transition of ['archive', 'delete'] as const) {
        for (const set of ruleSets(rules, transition)) {
          for (const candidate of await findCandidates(this.options.sql, account, set, now)) {
            if (signal?.aborted) return;
            const result: TransitionResult = { account, transition, ...candidate };
            const failure = dryRun ? undefined : await this.act(taskId, account, transition, candidate);
            yield failure === undefined ? result : { ...result, failure };
          }
        }
      }
    }
  }

  /** The reason of a failure. */
  private async act(
    taskId: string,
    account: string,
    transition: Transition,
    candidate: Candidate,
  ): Promise<string | undefined> {
    const { imageDigest } = candidate;
    try {
      await this.history.begin(taskId, account, transition, candidate);
      if (transition === 'delete') await this.options.archiver.delete(account, imageDigest);
      else {
        const { status, detail } = await this.options.archiver.archive(account, imageDigest);
        if (status !== 'archived') return `${status}: ${detail}`;
        await this.options.removeImage(account, imageDigest);
      }
      await this.history.complete(taskId, account, transition, imageDigest);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private async *accounts(): AsyncGenerator<string> {
    let after = '';
    for (;;) {
      const rows = await this.options.sql.query<{ name: string }>(
        `SELECT name FROM accounts WHERE name > $1 AND state = 'enabled' AND type <> 'service'
         ORDER BY name LIMIT ${ACCOUNTS_AT_A_TIME}`,
        [after],
      );
      for (const { name } of rows) yield name;
      const last = rows.at(-1);
      if (!last || rows.length < ACCOUNTS_AT_A_TIME) return;
      after = last.name;
    }
  }
}

/** Rules for all accounts and the account's own are judged apart: they do not cover an image's tags together. */
function ruleSets(rules: readonly TransitionRule[], transition: Transition): TransitionRule[][] {
  const mine = rules.filter((rule) => rule.transition === transition);
  return [mine.filter((rule) => rule.systemGlobal), mine.filter((rule) => !rule.systemGlobal)];
}
