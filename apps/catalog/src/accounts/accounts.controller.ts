import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../auth/caller.js';
import { AdminOnly, CurrentUser } from '../auth/decorators.js';
import { QueryText } from '../wire/query-text.pipe.js';
import { requireAccess } from './account-access.js';
import { AccountCleanup } from './account-cleanup.js';
import { accountView } from './account-views.js';
import { AccountCreationRequest, AccountState, AccountView } from './account.dto.js';
import { AccountsService } from './accounts.service.js';

/** Accounts (api spec 2.8). */
@ApiTags('Accounts')
@Controller('accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly cleanup: AccountCleanup,
  ) {}

  @Get()
  @AdminOnly()
  @ApiOperation({ summary: 'List accounts' })
  @ApiQuery({ name: 'state', required: false, enum: ['enabled', 'disabled', 'deleting'] })
  @ApiOkResponse({ type: [AccountView] })
  async list(@Query('state', new QueryText('state')) state: string | undefined): Promise<AccountView[]> {
    return (await this.accounts.list(state)).map(accountView);
  }

  @Post()
  @HttpCode(200)
  @AdminOnly()
  @ApiOperation({ summary: 'Make an account' })
  @ApiOkResponse({ type: AccountView })
  async create(@Body() request: AccountCreationRequest): Promise<AccountView> {
    return accountView(await this.accounts.create(request.name, request.email ?? null));
  }

  @Get(':accountname')
  @ApiOperation({ summary: 'Get an account' })
  @ApiOkResponse({ type: AccountView })
  async get(@CurrentUser() caller: Caller, @Param('accountname') name: string): Promise<AccountView> {
    requireAccess(caller, name, 'getAccount');
    return accountView(await this.accounts.get(name));
  }

  @Delete(':accountname')
  @AdminOnly()
  @ApiOperation({ summary: 'Delete a disabled account with everything in it' })
  @ApiOkResponse({ type: AccountState })
  async delete(@Param('accountname') name: string): Promise<{ state: string }> {
    const { state } = await this.accounts.setState(name, 'deleting');
    this.cleanup.wake();
    return { state };
  }

  @Put(':accountname/state')
  @AdminOnly()
  @ApiOperation({ summary: 'Enable or disable an account' })
  @ApiOkResponse({ type: AccountState })
  async setState(@Param('accountname') name: string, @Body() request: AccountState): Promise<{ state: string }> {
    const { state } = await this.accounts.setState(name, request.state);
    if (state === 'deleting') this.cleanup.wake();
    return { state };
  }
}
