import { ApiError } from '@kedge/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/decorators.js';
import { QueryText } from '../wire/query-text.pipe.js';
import { requireAccess } from './account-access.js';
import { credentialView, userView } from './account-views.js';
import { CredentialRequest, CredentialView, UserCreationRequest, UserView } from './account.dto.js';
import { AccountsService } from './accounts.service.js';
import { UsersService } from './users.service.js';

/** Users of an account, for its own users and for admins (api spec 2.8, 8.1). */
@ApiTags('Accounts')
@Controller('accounts/:accountname/users')
export class UsersController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly users: UsersService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List users of an account' })
  @ApiOkResponse({ type: [UserView] })
  async list(@CurrentUser() caller: Caller, @Param('accountname') account: string): Promise<UserView[]> {
    requireAccess(caller, account, 'listUsers');
    await this.accounts.get(account);
    return (await this.users.list(account)).map(userView);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Add a user to an account' })
  @ApiOkResponse({ type: UserView })
  async create(
    @CurrentUser() caller: Caller,
    @Param('accountname') account: string,
    @Body() request: UserCreationRequest,
  ): Promise<UserView> {
    requireAccess(caller, account, 'createUser');
    return userView(await this.users.create(account, request.username, request.password));
  }

  @Get(':username')
  @ApiOperation({ summary: 'Get a user' })
  @ApiOkResponse({ type: UserView })
  async get(
    @CurrentUser() caller: Caller,
    @Param('accountname') account: string,
    @Param('username') username: string,
  ): Promise<UserView> {
    requireAccess(caller, account, 'getUser');
    return userView(await this.users.get(account, username));
  }

  @Delete(':username')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a user' })
  @ApiNoContentResponse()
  async delete(
    @CurrentUser() caller: Caller,
    @Param('accountname') account: string,
    @Param('username') username: string,
  ): Promise<void> {
    requireAccess(caller, account, 'deleteUser');
    refuseOwn(caller, username, 'Users cannot delete themselves');
    await this.users.delete(account, username);
  }

  @Get(':username/credentials')
  @ApiOperation({ summary: 'Credentials of a user, masked' })
  @ApiOkResponse({ type: [CredentialView] })
  async credentials(
    @CurrentUser() caller: Caller,
    @Param('accountname') account: string,
    @Param('username') username: string,
  ): Promise<CredentialView[]> {
    requireAccess(caller, account, 'getUser');
    return (await this.users.credentials(account, username)).map(credentialView);
  }

  @Post(':username/credentials')
  @HttpCode(200)
  @ApiOperation({ summary: 'Set the password of a user' })
  @ApiOkResponse({ type: CredentialView })
  async setPassword(
    @CurrentUser() caller: Caller,
    @Param('accountname') account: string,
    @Param('username') username: string,
    @Body() request: CredentialRequest,
  ): Promise<CredentialView> {
    requireAccess(caller, account, 'updateUser');
    return credentialView(await this.users.setPassword(account, username, request));
  }

  @Delete(':username/credentials')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take the password of a user away' })
  @ApiQuery({ name: 'credential_type', required: true, enum: ['password'] })
  @ApiNoContentResponse()
  async deleteCredential(
    @CurrentUser() caller: Caller,
    @Param('accountname') account: string,
    @Param('username') username: string,
    @Query('credential_type', new QueryText('credential_type')) type: string | undefined,
  ): Promise<void> {
    requireAccess(caller, account, 'updateUser');
    refuseOwn(caller, username, 'Users cannot delete their own credential');
    if (type === undefined) throw new ApiError(400, 'credential_type is required');
    await this.users.deleteCredential(account, username, type);
  }
}

function refuseOwn(caller: Caller, username: string, message: string): void {
  if (caller.username === username) throw new ApiError(400, message);
}
