import type { Account } from '@kedge/database';
import { SERVICE_CONTEXT, verifyPassword, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHmac, randomBytes } from 'node:crypto';
import type { BasicCredentials } from './basic-credentials.js';

/** A user whose password was right, and the state of the account he belongs to. */
export interface AuthenticatedUser {
  username: string;
  account: string;
  accountType: Account['type'];
  accountState: Account['state'];
}

const CACHE_MS = 5_000;
const CACHE_ENTRIES = 1_000;
/** A hash that no password gives, so that unknown users cost the same time as known ones. */
const NOBODY = 'scrypt$16384$8$5$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/**
 * Proves user name and password. A proof is remembered for 5 s, because scrypt takes long by intent: a changed password
 * may go on working for that time on other replicas. Requests with the same credentials share one computation.
 */
@Injectable()
export class Authenticator {
  private readonly cache = new Map<string, { until: number; user: Promise<AuthenticatedUser | undefined> }>();
  /** Keys of the cache are keyed digests, so that no password lies in memory. */
  private readonly cacheKey = randomBytes(32);

  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** The user; undefined when there is none of that name or the password is wrong. */
  async authenticate(credentials: BasicCredentials): Promise<AuthenticatedUser | undefined> {
    const key = this.digest(credentials);
    const now = Date.now();
    const known = this.cache.get(key);
    if (known && known.until > now) return known.user;
    const user = this.prove(credentials);
    this.remember(key, { until: now + CACHE_MS, user });
    const forget = (): void => {
      if (this.cache.get(key)?.user === user) this.cache.delete(key);
    };
    try {
      const found = await user;
      if (!found) forget();
      return found;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** Forgets all proofs of this process; called when credentials, users or accounts change. */
  forgetAll(): void {
    this.cache.clear();
  }

  private async prove({ username, password }: BasicCredentials): Promise<AuthenticatedUser | undefined> {
    const [row] = await this.context.sql.query<AuthenticatedUser & { hash: string }>(
      `SELECT u.username, a.name AS account, a.type AS "accountType", a.state AS "accountState", c.value AS hash
         FROM account_users u
         JOIN accounts a ON a.name = u.account_name
         JOIN user_access_credentials c ON c.username = u.username AND c.type = 'password'
        WHERE u.username = $1`,
      [username],
    );
    const right = await verifyPassword(password.reveal(), row?.hash ?? NOBODY);
    if (!row || !right) return undefined;
    const { hash: _hash, ...user } = row;
    return user;
  }

  private remember(key: string, entry: { until: number; user: Promise<AuthenticatedUser | undefined> }): void {
    this.cache.delete(key);
    this.cache.set(key, entry);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= CACHE_ENTRIES) break;
      this.cache.delete(oldest);
    }
  }

  private digest({ username, password }: BasicCredentials): string {
    return createHmac('sha256', this.cacheKey).update(`${username}\0${password.reveal()}`).digest('base64');
  }
}
