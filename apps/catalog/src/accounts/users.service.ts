import { Account, AccountUser, UserCredential } from '@kedge/database';
import { ApiError, hashPassword, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { epochSeconds } from '../wire/timestamp.js';
import { PROTECTED_USERS } from './account-rules.js';

const PASSWORD = 'password';
const UNIQUE_VIOLATION = '23505';
const MAX_LISTED = 10_000;

/** Users of accounts and their credentials: tables `account_users`, `user_access_credentials`. */
@Injectable()
export class UsersService {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  async list(account: string): Promise<AccountUser[]> {
    return this.users.find({ where: { accountName: account }, order: { username: 'ASC' }, take: MAX_LISTED });
  }

  /** @throws ApiError 404 */
  async get(account: string, username: string): Promise<AccountUser> {
    const user = await this.users.findOneBy({ accountName: account, username });
    if (!user) throw new ApiError(404, `User ${JSON.stringify(username)} of account ${account} not found`);
    return user;
  }

  /** @throws ApiError 404 no such account, 400 the name is taken (names are unique over all accounts). */
  async create(account: string, username: string, password: string): Promise<AccountUser> {
    const value = await hashPassword(password);
    const now = epochSeconds();
    try {
      await this.context.dataSource.transaction(async (manager) => {
        // The account must not come into deletion while it gets a user.
        const owner = await manager.findOne(Account, { where: { name: account }, lock: { mode: 'pessimistic_read' } });
        if (!owner) throw new ApiError(404, `Account ${JSON.stringify(account)} not found`);
        if (owner.state === 'deleting') throw new ApiError(400, `Account ${account} is being deleted`);
        await manager.insert(AccountUser, {
          username,
          accountName: account,
          type: 'native',
          source: null,
          createdAt: now,
          lastUpdated: now,
        });
        await manager.insert(UserCredential, { username, type: PASSWORD, value, createdAt: now });
      });
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      throw new ApiError(400, `User ${username} exists already`, undefined, error);
    }
    return this.get(account, username);
  }

  /** @throws ApiError 404; 400 for a protected user. */
  async delete(account: string, username: string): Promise<void> {
    const user = await this.get(account, username);
    if (PROTECTED_USERS.has(username)) throw new ApiError(400, `User ${username} cannot be deleted`);
    await this.users.delete({ username: user.username, accountName: account });
  }

  async credentials(account: string, username: string): Promise<UserCredential[]> {
    await this.get(account, username);
    return this.context.dataSource.getRepository(UserCredential).findBy({ username });
  }

  /** Sets the password. @throws ApiError 404; 400 for another type of credential or of user. */
  async setPassword(
    account: string,
    username: string,
    credential: { type: string; value: string },
  ): Promise<UserCredential> {
    requirePasswordType(credential.type);
    const user = await this.get(account, username);
    if (user.type !== 'native') {
      throw new ApiError(400, `User ${username} is of type ${user.type}; only native users have credentials`);
    }
    const row = { username, type: PASSWORD, value: await hashPassword(credential.value), createdAt: epochSeconds() };
    const repository = this.context.dataSource.getRepository(UserCredential);
    await repository.upsert(row, ['username', 'type']);
    return repository.create(row);
  }

  /** Takes the password away: the user can log in no more. @throws ApiError 404, 400 */
  async deleteCredential(account: string, username: string, type: string): Promise<void> {
    requirePasswordType(type);
    await this.get(account, username);
    if (PROTECTED_USERS.has(username)) throw new ApiError(400, `The credential of ${username} cannot be deleted`);
    const { affected } = await this.context.dataSource.getRepository(UserCredential).delete({ username, type });
    if (!affected) throw new ApiError(404, `User ${username} has no credential of type ${type}`);
  }

  private get users() {
    return this.context.dataSource.getRepository(AccountUser);
  }
}

function requirePasswordType(type: string): void {
  if (type !== PASSWORD) {
    throw new ApiError(400, `Credential type ${JSON.stringify(type)} does not exist; the only type is password`);
  }
}
