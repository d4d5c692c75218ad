import { Account, AccountUser } from '@kedge/database';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { Not } from 'typeorm';
import { DefaultPolicies } from '../policies/default-policies.js';
import { epochSeconds } from '../wire/timestamp.js';
import { RESERVED_ACCOUNTS } from './account-rules.js';

type State = Account['state'];

/** From which states an account may get to another one (api spec 8.3). The same state again is no fault. */
const ALLOWED_BEFORE: Readonly<Record<State, State[]>> = {
  enabled: ['enabled', 'disabled'],
  disabled: ['enabled', 'disabled'],
  deleting: ['disabled', 'deleting'],
};
const MAX_LISTED = 10_000;

/** Accounts: table `accounts`. */
@Injectable()
export class AccountsService {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly policies: DefaultPolicies,
  ) {}

  /** By name, without accounts of services. @throws ApiError 400 for a state that does not exist. */
  async list(state?: string): Promise<Account[]> {
    if (state !== undefined && !Object.hasOwn(ALLOWED_BEFORE, state)) {
      throw new ApiError(400, `unknown account state ${JSON.stringify(state)}; states are enabled, disabled, deleting`);
    }
    return this.accounts.find({
      where: { type: Not('service'), ...(state === undefined ? {} : { state: state as State }) },
      order: { name: 'ASC' },
      take: MAX_LISTED,
    });
  }

  async find(name: string): Promise<Account | undefined> {
    return (await this.accounts.findOneBy({ name })) ?? undefined;
  }

  /** @throws ApiError 404 */
  async get(name: string): Promise<Account> {
    const account = await this.find(name);
    if (!account) throw new ApiError(404, `Account ${JSON.stringify(name)} not found`);
    return account;
  }

  /** Makes an account with the default policy bundle. @throws ApiError 400 when the name is reserved or taken. */
  async create(name: string, email: string | null): Promise<Account> {
    if (RESERVED_ACCOUNTS.has(name)) throw new ApiError(400, `Account name ${name} is reserved`);
    const now = epochSeconds();
    const created = await this.context.sql.query(
      `INSERT INTO accounts (name, state, type, email, created_at, last_updated)
       VALUES ($1, 'enabled', 'user', $2, $3, $3) ON CONFLICT DO NOTHING RETURNING name`,
      [name, email, now],
    );
    if (created.length === 0) throw new ApiError(400, `Account ${name} exists already`);
    await this.policies.ensure(name);
    return this.get(name);
  }

  /**
   * Changes the state. `deleting` also removes the users at once; everything else is cleaned up in the background.
   *
   * @throws ApiError 404; 400 for a change that is not allowed and for accounts of admins and services.
   */
  async setState(name: string, state: State): Promise<Account> {
    return this.context.dataSource.transaction(async (manager) => {
      const account = await manager.findOne(Account, { where: { name }, lock: { mode: 'pessimistic_write' } });
      if (!account) throw new ApiError(404, `Account ${JSON.stringify(name)} not found`);
      const refuse = (reason: string): ApiError =>
        new ApiError(400, `Invalid account state change requested: ${account.state} to ${state}, ${reason}`);
      if (account.type !== 'user' && state !== 'enabled') throw refuse(`account ${name} is of type ${account.type}`);
      if (!ALLOWED_BEFORE[state].includes(account.state)) {
        throw refuse(state === 'deleting' ? 'disable the account first' : 'the account is being deleted');
      }
      if (state === 'deleting') await manager.delete(AccountUser, { accountName: name });
      account.state = state;
      account.lastUpdated = epochSeconds();
      return manager.save(account);
    });
  }

  private get accounts() {
    return this.context.dataSource.getRepository(Account);
  }
}
