import type { Sql } from '@kedge/database';
import { randomBytes } from 'node:crypto';
import { ArchiveError } from '../errors.js';
import { epochSeconds } from '../images/archived-images.js';
import type { TransitionRule, TransitionRuleSpec } from './transition-rule.js';

/** Rules that one account may have. */
export const MAX_RULES_PER_ACCOUNT = 1000;
const UNIQUE_VIOLATION = '23505';

interface Row {
  account: string;
  rule_id: string;
  transition: 'archive' | 'delete';
  selector_registry: string | null;
  selector_repository: string | null;
  selector_tag: string | null;
  tag_versions_newer: number | null;
  analysis_age_days: number | null;
  system_global: boolean;
  exclude_selector_registry: string | null;
  exclude_selector_repository: string | null;
  exclude_selector_tag: string | null;
  exclude_expiration_days: number | null;
  max_images_per_account: number | null;
  created_at: number;
  last_updated: number;
}

/** The rules of accounts. They cannot be edited, only added and removed. */
export class TransitionRules {
  constructor(private readonly sql: Sql) {}

  /** The account's rules and, if asked for, those that others made for all accounts; oldest first. */
  async list(account: string, options: { withGlobal: boolean }): Promise<TransitionRule[]> {
    const rows = await this.sql.query<Row>(
      `SELECT * FROM catalog_archive_transition_rules WHERE account = $1 OR ($2 AND system_global)
       ORDER BY created_at, rule_id LIMIT 10000`,
      [account, options.withGlobal],
    );
    return rows.map(fromRow);
  }

  /** One of the account's rules, or anybody's rule for all accounts. */
  async find(account: string, ruleId: string): Promise<TransitionRule | undefined> {
    const [row] = await this.sql.query<Row>(
      `SELECT * FROM catalog_archive_transition_rules WHERE rule_id = $2 AND (account = $1 OR system_global)
       ORDER BY account = $1 DESC LIMIT 1`,
      [account, ruleId],
    );
    return row && fromRow(row);
  }

  /** @throws ArchiveError `invalid_rule` for a second limit of images, or too many rules. */
  async add(account: string, spec: TransitionRuleSpec): Promise<TransitionRule> {
    const { selector, exclude } = spec;
    try {
      const [row] = await this.sql.query<Row>(
        `INSERT INTO catalog_archive_transition_rules (account, rule_id, transition, selector_registry,
            selector_repository, selector_tag, tag_versions_newer, analysis_age_days, system_global,
            exclude_selector_registry, exclude_selector_repository, exclude_selector_tag, exclude_expiration_days,
            max_images_per_account, created_at, last_updated)
         SELECT $1::varchar, $2, $3, $4, $5, $6, $7::integer, $8::integer, $9::boolean, $10, $11, $12, $13::integer,
                $14::integer, $15::integer, $15::integer
          WHERE (SELECT count(*) FROM catalog_archive_transition_rules WHERE account = $1::varchar) < ${MAX_RULES_PER_ACCOUNT}
         RETURNING *`,
        [
          account,
          randomBytes(16).toString('hex'),
          spec.transition,
          selector.registry,
          selector.repository,
          selector.tag,
          spec.tagVersionsNewer,
          spec.analysisAgeDays,
          spec.systemGlobal,
          exclude.registry,
          exclude.repository,
          exclude.tag,
          spec.excludeExpirationDays,
          spec.maxImagesPerAccount,
          epochSeconds(),
        ],
      );
      if (row) return fromRow(row);
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      throw new ArchiveError(
        'invalid_rule',
        'there is a rule with max_images_per_account already; delete it first',
        error,
      );
    }
    throw new ArchiveError('invalid_rule', `account ${account} has ${MAX_RULES_PER_ACCOUNT} archive rules, the most`);
  }

  /** Deletes one of the account's own rules; false when it has none with that id. */
  async delete(account: string, ruleId: string): Promise<boolean> {
    const rows = await this.sql.query(
      `DELETE FROM catalog_archive_transition_rules WHERE account = $1 AND rule_id = $2 RETURNING 1`,
      [account, ruleId],
    );
    return rows.length === 1;
  }
}

function fromRow(row: Row): TransitionRule {
  return {
    account: row.account,
    ruleId: row.rule_id,
    transition: row.transition,
    selector: {
      registry: row.selector_registry ?? '',
      repository: row.selector_repository ?? '',
      tag: row.selector_tag ?? '',
    },
    analysisAgeDays: row.analysis_age_days ?? -1,
    tagVersionsNewer: row.tag_versions_newer ?? -1,
    exclude: {
      registry: row.exclude_selector_registry ?? '',
      repository: row.exclude_selector_repository ?? '',
      tag: row.exclude_selector_tag ?? '',
    },
    // Null, in rules of the old system, means that the exclusion has expired.
    excludeExpirationDays: row.exclude_expiration_days ?? 0,
    systemGlobal: row.system_global,
    maxImagesPerAccount: row.max_images_per_account,
    createdAt: row.created_at,
    lastUpdated: row.last_updated,
  };
}
