import type { PolicyBundleDocument } from '@kedge/client';
import { PolicyBundleRecord } from '@kedge/database';
import type { ObjectMetadata, ObjectId } from '@kedge/object-store';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { epochSeconds } from '../wire/timestamp.js';
import type { StoredPolicy } from './policy-view.js';

const BUCKET = 'policy_bundles';
/** Bundles that one account may have. */
export const MAX_BUNDLES_PER_ACCOUNT = 1000;
/** A stored document may be larger than what is accepted today: the old system had no limit. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

/**
 * Policy bundles: rows in `policy_bundle`, documents in the object store.
 *
 * Changes of one account run one after the other, over all replicas: row and object must not part. In this process they
 * queue up before they take a connection, because a change holds one for the lock while it uses another.
 */
@Injectable()
export class PolicyStore {
  private last: Promise<unknown> = Promise.resolve();

  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** Rows by age, oldest first. */
  async rows(account: string): Promise<PolicyBundleRecord[]> {
    return this.records.find({
      where: { userId: account },
      order: { createdAt: 'ASC', policyId: 'ASC' },
      take: MAX_BUNDLES_PER_ACCOUNT,
    });
  }

  async row(account: string, policyId: string): Promise<PolicyBundleRecord | undefined> {
    return (await this.records.findOneBy({ userId: account, policyId })) ?? undefined;
  }

  async activeRow(account: string): Promise<PolicyBundleRecord | undefined> {
    return (await this.records.findOneBy({ userId: account, active: true })) ?? undefined;
  }

  /** The row's document. @throws ApiError 500 when it is gone; StorageError when it cannot be read. */
  async read(row: PolicyBundleRecord): Promise<StoredPolicy> {
    const id = objectId(row.userId, row.policyId);
    const { objectStore } = this.context.stores;
    const metadata = await objectStore.stat(id);
    const bundle = await objectStore.getDocument<PolicyBundleDocument>(id, { maxBytes: MAX_READ_BYTES });
    if (metadata && bundle) return { row, bundle, metadata };
    throw new ApiError(500, `the content of policy ${row.policyId} is missing in the object store; add it again`);
  }

  /**
   * Stores the bundle under its id. A bundle that exists keeps its being active or not.
   *
   * @throws ApiError 400 when the account has too many bundles; StorageError.
   */
  async put(account: string, bundle: PolicyBundleDocument & { id: string }): Promise<StoredPolicy> {
    return this.exclusively(account, async () => {
      await this.requireRoom(account, bundle.id);
      return this.write(account, bundle, false);
    });
  }

  /** Gives the account its first bundle, active. Does nothing when it has any. */
  async putFirst(account: string, bundle: PolicyBundleDocument & { id: string }): Promise<void> {
    await this.exclusively(account, async () => {
      if (!(await this.records.existsBy({ userId: account }))) await this.write(account, bundle, true);
    });
  }

  /** Makes this bundle the active one and all others of the account inactive. @throws ApiError 404 */
  async activate(account: string, policyId: string): Promise<PolicyBundleRecord> {
    return this.exclusively(account, async () => {
      const now = epochSeconds();
      await this.context.sql.transaction(async (tx) => {
        await tx.query(
          `UPDATE policy_bundle SET active = false, last_updated = $3
            WHERE "userId" = $1 AND active AND "policyId" <> $2`,
          [account, policyId, now],
        );
        const activated = await tx.query(
          `UPDATE policy_bundle SET active = true, last_updated = $3
            WHERE "userId" = $1 AND "policyId" = $2 RETURNING "policyId"`,
          [account, policyId, now],
        );
        if (activated.length === 0) throw policyNotFound(policyId);
      });
      const row = await this.row(account, policyId);
      if (!row) throw policyNotFound(policyId);
      return row;
    });
  }

  /** Deletes row, then document. @throws ApiError 404; 400 for the active one. */
  async delete(account: string, policyId: string): Promise<void> {
    await this.exclusively(account, async () => {
      const row = await this.row(account, policyId);
      if (!row) throw policyNotFound(policyId);
      if (row.active) {
        throw new ApiError(400, `cannot delete an active policy: ${policyId}; activate another one first`);
      }
      await this.records.delete({ userId: account, policyId });
      await this.context.stores.objectStore.delete(objectId(account, policyId));
    });
  }

  /** Document first: a row never points to nothing. */
  private async write(
    account: string,
    bundle: PolicyBundleDocument & { id: string },
    active: boolean,
  ): Promise<StoredPolicy> {
    const metadata: ObjectMetadata = await this.context.stores.objectStore.putDocument(
      objectId(account, bundle.id),
      bundle,
    );
    await this.context.sql.query(
      `INSERT INTO policy_bundle ("policyId", "userId", active, policy_source, created_at, last_updated)
       VALUES ($1, $2, $3, 'local', $4, $4)
       ON CONFLICT ("policyId", "userId") DO UPDATE SET last_updated = EXCLUDED.last_updated`,
      [bundle.id, account, active, epochSeconds()],
    );
    const row = await this.row(account, bundle.id);
    if (!row) throw policyNotFound(bundle.id);
    return { row, bundle, metadata };
  }

  private async requireRoom(account: string, policyId: string): Promise<void> {
    const others = await this.context.sql.query(
      `SELECT 1 FROM policy_bundle WHERE "userId" = $1 AND "policyId" <> $2 LIMIT ${MAX_BUNDLES_PER_ACCOUNT}`,
      [account, policyId],
    );
    if (others.length < MAX_BUNDLES_PER_ACCOUNT) return;
    throw new ApiError(400, `an account has at most ${MAX_BUNDLES_PER_ACCOUNT} policy bundles; delete some`);
  }

  private exclusively<T>(account: string, work: () => Promise<T>): Promise<T> {
    const run = this.last.then(() =>
      this.context.sql.transaction(async (lock) => {
        await lock.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`kedge policies of ${account}`]);
        return work();
      }),
    );
    this.last = run.catch(() => undefined); // the caller gets the error
    return run;
  }

  private get records() {
    return this.context.dataSource.getRepository(PolicyBundleRecord);
  }
}

export function policyNotFound(policyId: string): ApiError {
  return new ApiError(404, `Policy bundle ${JSON.stringify(policyId)} not found`);
}

function objectId(account: string, policyId: string): ObjectId {
  return { account, bucket: BUCKET, key: policyId };
}
