import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Controller, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../auth/caller.js';
import { CurrentUser, Public } from '../auth/decorators.js';
import { notAuthorized } from '../auth/refusals.js';

/** Routes of the old system that answer that the installation does not offer them. */
@ApiTags('System')
@Controller()
export class UnsupportedController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  @Post('oauth/token')
  @Public()
  @ApiOperation({ summary: 'Tokens are not offered: always 403. Use HTTP basic' })
  token(): never {
    throw new ApiError(403, 'Oauth not enabled in configuration');
  }

  @Post('system/webhooks/:webhook_type/test')
  @ApiOperation({ summary: 'Webhooks are not offered: 400 without configured webhooks, else 501' })
  testWebhook(@CurrentUser() caller: Caller): never {
    if (caller.homeAccount !== 'admin') throw notAuthorized('system', 'testWebhook', '*');
    if (!this.context.config.webhooks) throw new ApiError(400, 'Webhooks Configuration not found');
    throw new ApiError(501, 'webhooks are configured, but this version does not deliver notifications');
  }
}
