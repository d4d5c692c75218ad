import type { Sql } from '@kedge/database';
import { epochSeconds } from '../images/archived-images.js';
import type { Candidate } from './candidates.js';
import type { Transition } from './transition-rule.js';

/** One act of one rule. Times are seconds since 1970. */
export interface TransitionRecord {
  transition_task_id: string;
  account: string;
  rule_id: string;
  image_digest: string;
  transition: Transition;
  transition_state: 'pending' | 'complete';
  created_at: number;
  last_updated: number;
}

/** What rules did to images. A record stays `pending` when the act failed or its process died. */
export class TransitionHistory {
  constructor(private readonly sql: Sql) {}

  async begin(taskId: string, account: string, transition: Transition, candidate: Candidate): Promise<void> {
    await this.sql.query(
      `INSERT INTO catalog_archive_transition_history (transition_task_id, account, rule_id, image_digest, transition,
          transition_state, created_at, last_updated)
       SELECT $1, $2, id, $3, $4, 'pending', $6, $6 FROM unnest($5::varchar[]) AS id ON CONFLICT DO NOTHING`,
      [taskId, account, candidate.imageDigest, transition, candidate.ruleIds, epochSeconds()],
    );
  }

  async complete(taskId: string, account: string, transition: Transition, imageDigest: string): Promise<void> {
    await this.sql.query(
      `UPDATE catalog_archive_transition_history SET transition_state = 'complete', last_updated = $5
        WHERE transition_task_id = $1 AND account = $2 AND transition = $3 AND image_digest = $4`,
      [taskId, account, transition, imageDigest, epochSeconds()],
    );
  }

  /** Newest first, at most 1000: what a rule did in one account. */
  list(account: string, ruleId: string): Promise<TransitionRecord[]> {
    return this.sql.query<TransitionRecord>(
      `SELECT * FROM catalog_archive_transition_history WHERE account = $1 AND rule_id = $2
       ORDER BY created_at DESC, image_digest LIMIT 1000`,
      [account, ruleId],
    );
  }
}
