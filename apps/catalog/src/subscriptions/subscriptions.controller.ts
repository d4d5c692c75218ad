import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { QueryText } from '../wire/query-text.pipe.js';
import { SubscriptionRequest, SubscriptionUpdate, SubscriptionView } from './subscription.dto.js';
import { SubscriptionsService } from './subscriptions.service.js';

/** Subscriptions of the account (api spec 2.3). Every answer but the deletion's is a list. */
@ApiTags('Subscriptions')
@Controller('subscriptions')
export class SubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  @Get()
  @ApiOperation({ summary: 'List subscriptions' })
  @ApiQuery({ name: 'subscription_key', required: false, type: String })
  @ApiQuery({ name: 'subscription_type', required: false, type: String })
  @ApiOkResponse({ type: [SubscriptionView] })
  list(
    @CurrentAccount() account: string,
    @Query('subscription_key', new QueryText('subscription_key')) key: string | undefined,
    @Query('subscription_type', new QueryText('subscription_type')) type: string | undefined,
  ): Promise<SubscriptionView[]> {
    return this.subscriptions.list(account, { key, type });
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Make a subscription' })
  @ApiOkResponse({ type: [SubscriptionView] })
  async create(@CurrentAccount() account: string, @Body() request: SubscriptionRequest): Promise<SubscriptionView[]> {
    return [await this.subscriptions.create(account, request)];
  }

  @Get(':subscriptionId')
  @ApiOperation({ summary: 'Get a subscription; an empty list when there is none' })
  @ApiOkResponse({ type: [SubscriptionView] })
  async get(@CurrentAccount() account: string, @Param('subscriptionId') id: string): Promise<SubscriptionView[]> {
    const found = await this.subscriptions.find(account, id);
    return found ? [found] : [];
  }

  @Put(':subscriptionId')
  @ApiOperation({ summary: 'Change a subscription' })
  @ApiOkResponse({ type: [SubscriptionView] })
  async update(
    @CurrentAccount() account: string,
    @Param('subscriptionId') id: string,
    @Body() update: SubscriptionUpdate,
  ): Promise<SubscriptionView[]> {
    return [await this.subscriptions.update(account, id, update)];
  }

  @Delete(':subscriptionId')
  @ApiOperation({ summary: 'Delete a subscription; deleting what is not there succeeds' })
  @ApiOkResponse({ type: Boolean })
  async delete(@CurrentAccount() account: string, @Param('subscriptionId') id: string): Promise<true> {
    await this.subscriptions.delete(account, id);
    return true;
  }
}
