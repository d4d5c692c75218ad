import { Module } from '@nestjs/common';
import { PoliciesModule } from '../policies/policies.module.js';
import { AccountCleanup } from './account-cleanup.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { CurrentUserController } from './current-user.controller.js';
import { FirstAccount } from './first-account.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [PoliciesModule],
  controllers: [AccountsController, UsersController, CurrentUserController],
  providers: [AccountsService, UsersService, FirstAccount, AccountCleanup],
  exports: [AccountsService],
})
export class AccountsModule {}
