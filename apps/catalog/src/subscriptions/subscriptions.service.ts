import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { epochSeconds } from '../wire/timestamp.js';
import { isSubscriptionType, SUBSCRIPTION_TYPES, type SubscriptionType } from './subscription-types.js';
import type { SubscriptionRequest, SubscriptionUpdate, SubscriptionView } from './subscription.dto.js';

/** Columns as the API names them, with the view's types. */
const VIEW = `subscription_id, "userId", subscription_type, subscription_key, subscription_value, active, created_at,
  last_updated`;
const UNIQUE_VIOLATION = '23505';

/** Subscriptions of accounts: table `subscriptions`. */
@Injectable()
export class SubscriptionsService {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** @throws ApiError 400 for a type that does not exist. */
  async list(account: string, filter: { key?: string | undefined; type?: string | undefined } = {}) {
    if (filter.type !== undefined && !isSubscriptionType(filter.type)) {
      throw new ApiError(
        400,
        `unknown subscription type ${JSON.stringify(filter.type)}; types are ${SUBSCRIPTION_TYPES.join(', ')}`,
      );
    }
    return this.context.sql.query<SubscriptionView>(
      `SELECT ${VIEW} FROM subscriptions
        WHERE "userId" = $1 AND ($2::varchar IS NULL OR subscription_key = $2)
          AND ($3::varchar IS NULL OR subscription_type = $3)
        ORDER BY subscription_key, subscription_type`,
      [account, filter.key ?? null, filter.type ?? null],
    );
  }

  async find(account: string, id: string): Promise<SubscriptionView | undefined> {
    const [row] = await this.context.sql.query<SubscriptionView>(
      `SELECT ${VIEW} FROM subscriptions WHERE "userId" = $1 AND subscription_id = $2`,
      [account, id],
    );
    return row;
  }

  /** @throws ApiError 409 when the account has that subscription. */
  async create(account: string, request: SubscriptionRequest): Promise<SubscriptionView> {
    const { subscription_type: type, subscription_key: key, subscription_value: value, active } = request;
    const { subscription, created } = await this.ensure(account, type, key, {
      active: active ?? false,
      value: value ?? null,
    });
    if (created) return subscription;
    throw new ApiError(409, `subscription ${type} of ${key} already exists: ${subscription.subscription_id}`);
  }

  /** Makes the subscription unless the account has it; an existing one stays as it is. */
  async ensure(
    account: string,
    type: SubscriptionType,
    key: string,
    options: { active: boolean; value?: string | null },
  ): Promise<{ subscription: SubscriptionView; created: boolean }> {
    const id = subscriptionId(account, type, key);
    const [created] = await this.context.sql.query<SubscriptionView>(
      `INSERT INTO subscriptions (subscription_id, "userId", subscription_type, subscription_key, subscription_value,
         active, created_at, last_updated)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING ${VIEW}`,
      [id, account, type, key, options.value ?? null, options.active, epochSeconds()],
    );
    if (created) return { subscription: created, created: true };
    // An update may have given another subscription this type and key, so the id alone does not find it.
    const [existing] = await this.context.sql.query<SubscriptionView>(
      `SELECT ${VIEW} FROM subscriptions
        WHERE "userId" = $1 AND (subscription_id = $2 OR (subscription_type = $3 AND subscription_key = $4))
        ORDER BY subscription_id = $2 LIMIT 1`,
      [account, id, type, key],
    );
    if (existing) return { subscription: existing, created: false };
    throw new ApiError(409, `subscription ${type} of ${key} was deleted meanwhile; try again`);
  }

  /** Changes what the update names. @throws ApiError 404 unknown id, 409 when type and key belong to another one. */
  async update(account: string, id: string, update: SubscriptionUpdate): Promise<SubscriptionView> {
    const keepsValue = update.subscription_value === undefined;
    try {
      const [row] = await this.context.sql.query<SubscriptionView>(
        `UPDATE subscriptions SET
           subscription_key = coalesce($3, subscription_key),
           subscription_type = coalesce($4, subscription_type),
           subscription_value = CASE WHEN $5 THEN subscription_value ELSE $6 END,
           active = coalesce($7, active),
           last_updated = $8
         WHERE "userId" = $1 AND subscription_id = $2 RETURNING ${VIEW}`,
        [
          account,
          id,
          update.subscription_key ?? null,
          update.subscription_type ?? null,
          keepsValue,
          update.subscription_value ?? null,
          update.active ?? null,
          epochSeconds(),
        ],
      );
      if (row) return row;
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      throw new ApiError(409, 'another subscription of this account has that type and key', undefined, error);
    }
    throw new ApiError(404, `subscription ${JSON.stringify(id)} not found`);
  }

  /** False when there was none. */
  async delete(account: string, id: string): Promise<boolean> {
    const rows = await this.context.sql.query(
      `DELETE FROM subscriptions WHERE "userId" = $1 AND subscription_id = $2 RETURNING subscription_id`,
      [account, id],
    );
    return rows.length > 0;
  }

  /** Switches off the subscriptions of a tag or repository. The number of those that were active. */
  async deactivate(account: string, key: string): Promise<number> {
    const rows = await this.context.sql.query(
      `UPDATE subscriptions SET active = false, last_updated = $3
        WHERE "userId" = $1 AND subscription_key = $2 AND active RETURNING subscription_id`,
      [account, key, epochSeconds()],
    );
    return rows.length;
  }
}

/** MD5 hex of `account+key+type`: the old system's identifier, which clients may compute themselves. */
export function subscriptionId(account: string, type: SubscriptionType, key: string): string {
  return createHash('md5').update(`${account}+${key}+${type}`).digest('hex');
}
