import type { Sql } from '@kedge/database';
import { createHmac, randomBytes } from 'node:crypto';
import { basicCredentials, type Credentials } from './authorization-header.js';
import { FailedLogins } from './failed-logins.js';
import { hashPassword, verifyPassword } from './password.js';

/** Who a request comes from. */
export interface AuthenticatedUser {
  username: string;
  account: string;
  accountType: 'user' | 'admin' | 'service';
  accountState: 'enabled' | 'disabled' | 'deleting';
}

interface UserRow {
  username: string;
  account: string;
  type: AuthenticatedUser['accountType'];
  state: AuthenticatedUser['accountState'];
  hash: string | null;
}

/** Passwords proven lately; hashing each time would cost every request a quarter of a second. */
const REMEMBERED = 1000;

/**
 * Checks Basic credentials against the accounts in the database. The row is read every time, so a changed password or a
 * deleted user counts at once; only the hashing of a password that was right before is saved.
 */
export class UserAuthenticator {
  private readonly key = randomBytes(32);
  private readonly proven = new Set<string>();
  private readonly failed = new FailedLogins();
  private readonly nobody = hashPassword(randomBytes(16).toString('hex'));

  constructor(private readonly sql: Pick<Sql, 'query'>) {}

  /**
   * The user of an `Authorization` header; undefined when there is none or name or password is wrong.
   *
   * @throws ApiError 429 after too many wrong passwords
   */
  async authenticate(header: string | undefined): Promise<AuthenticatedUser | undefined> {
    const given = basicCredentials(header);
    if (!given || given.username.includes('\0')) return undefined; // PostgreSQL has no NUL in texts
    const [row] = await this.sql.query<UserRow>(
      `SELECT u.username, a.name AS account, a.type, a.state, c.value AS hash
       FROM account_users u
       JOIN accounts a ON a.name = u.account_name
       LEFT JOIN user_access_credentials c ON c.username = u.username AND c.type = 'password'
       WHERE u.username = $1`,
      [given.username],
    );
    // An unknown user takes as long as a wrong password.
    const hash = row?.hash ?? (await this.nobody);
    if (!(await this.matches(given, hash)) || !row?.hash) return undefined;
    return { username: row.username, account: row.account, accountType: row.type, accountState: row.state };
  }

  private async matches({ username, password }: Credentials, hash: string): Promise<boolean> {
    const proof = createHmac('sha256', this.key).update(hash).update('\0').update(password).digest('base64');
    if (this.proven.has(proof)) return true;
    await this.failed.check(username);
    if (!(await verifyPassword(password, hash))) {
      await this.failed.add(username);
      return false;
    }
    const [oldest] = this.proven;
    if (this.proven.size >= REMEMBERED && oldest !== undefined) this.proven.delete(oldest);
    this.proven.add(proof);
    return true;
  }
}
