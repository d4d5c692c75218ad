import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/decorators.js';
import { AnswersJsonText } from '../wire/json-text.interceptor.js';
import { accountView, credentialView, userView } from './account-views.js';
import { AccountView, CredentialRequest, CredentialView, UserView } from './account.dto.js';
import { AccountsService } from './accounts.service.js';
import { UsersService } from './users.service.js';

/** Who am I, and my own password (api spec 2.8). */
@ApiTags('Accounts')
@Controller()
export class CurrentUserController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly users: UsersService,
  ) {}

  @Get('account')
  @AnswersJsonText()
  @ApiOperation({ summary: 'The account in which the request acts; null when an admin named one that does not exist' })
  @ApiOkResponse({ type: AccountView })
  async account(@CurrentUser() caller: Caller): Promise<AccountView | null> {
    const account = await this.accounts.find(caller.account);
    return account ? accountView(account) : null;
  }

  @Get('user')
  @ApiOperation({ summary: 'The user who is logged in' })
  @ApiOkResponse({ type: UserView })
  async user(@CurrentUser() caller: Caller): Promise<UserView> {
    return userView(await this.users.get(caller.homeAccount, caller.username));
  }

  @Get('user/credentials')
  @ApiOperation({ summary: 'Own credentials, masked' })
  @ApiOkResponse({ type: [CredentialView] })
  async credentials(@CurrentUser() caller: Caller): Promise<CredentialView[]> {
    return (await this.users.credentials(caller.homeAccount, caller.username)).map(credentialView);
  }

  @Post('user/credentials')
  @HttpCode(200)
  @ApiOperation({ summary: 'Set the own password' })
  @ApiOkResponse({ type: CredentialView })
  async setPassword(@CurrentUser() caller: Caller, @Body() request: CredentialRequest): Promise<CredentialView> {
    return credentialView(await this.users.setPassword(caller.homeAccount, caller.username, request));
  }
}
