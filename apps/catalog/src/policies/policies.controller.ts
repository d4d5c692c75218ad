import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { AnswersJsonText } from '../wire/json-text.interceptor.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { WrittenBody } from '../wire/written-body.js';
import { PoliciesService } from './policies.service.js';
import { policyView } from './policy-view.js';
import { PolicyBundle, PolicyRecordView, PolicyUpdate, type CheckedBundle, type CheckedUpdate } from './policy.dto.js';

/** Policy bundles of the account (api spec 2.2). */
@ApiTags('Policies')
@Controller('policies')
export class PoliciesController {
  constructor(private readonly policies: PoliciesService) {}

  @Get()
  @ApiOperation({ summary: 'List policy bundles' })
  @ApiQuery({ name: 'detail', required: false, type: Boolean })
  @ApiOkResponse({ type: [PolicyRecordView] })
  list(
    @CurrentAccount() account: string,
    @Query('detail', new QueryBoolean('detail', false)) detail: boolean,
  ): Promise<PolicyRecordView[]> {
    return this.policies.list(account, detail);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Add a policy bundle, or replace the one with its id' })
  @ApiOkResponse({ type: PolicyRecordView })
  async add(
    @CurrentAccount() account: string,
    @Body() _checked: PolicyBundle,
    @WrittenBody() bundle: CheckedBundle,
  ): Promise<PolicyRecordView> {
    const { policybundlemeta: _meta, ...record } = policyView(await this.policies.add(account, bundle), true);
    return record;
  }

  @Get(':policyId')
  @ApiOperation({ summary: 'Get a policy bundle' })
  @ApiQuery({ name: 'detail', required: false, type: Boolean })
  @ApiOkResponse({ type: [PolicyRecordView] })
  async get(
    @CurrentAccount() account: string,
    @Param('policyId') policyId: string,
    @Query('detail', new QueryBoolean('detail', true)) detail: boolean,
  ): Promise<PolicyRecordView[]> {
    return [policyView(await this.policies.get(account, policyId), detail)];
  }

  @Put(':policyId')
  @ApiOperation({ summary: 'Replace a policy bundle; `active` makes it the active one' })
  @ApiQuery({ name: 'active', required: false, type: Boolean })
  @ApiOkResponse({ type: [PolicyRecordView] })
  async update(
    @CurrentAccount() account: string,
    @Param('policyId') policyId: string,
    @Query('active', new QueryBoolean('active', false)) active: boolean,
    @Body() _checked: PolicyUpdate,
    @WrittenBody() update: CheckedUpdate,
  ): Promise<PolicyRecordView[]> {
    return [policyView(await this.policies.update(account, policyId, update, active), true)];
  }

  @Delete(':policyId')
  @AnswersJsonText()
  @ApiOperation({ summary: 'Delete a policy bundle that is not active' })
  @ApiOkResponse({ type: String })
  async delete(@CurrentAccount() account: string, @Param('policyId') policyId: string): Promise<string> {
    await this.policies.delete(account, policyId);
    return 'deleted';
  }
}
