import { completeRule, type TransitionRecord } from '@kedge/archive';
import { ApiError } from '@kedge/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../auth/caller.js';
import { CurrentAccount, CurrentUser } from '../auth/decorators.js';
import { notAuthorized } from '../auth/refusals.js';
import { AnswersJsonText } from '../wire/json-text.interceptor.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { timestamp } from '../wire/timestamp.js';
import { ArchiveAccess, archiveFailure } from './archive-access.js';
import { RuleRequest, RuleView } from './archive.dto.js';
import { ruleRequest, ruleView } from './archive-views.js';

/** Rules that move analyses into the archive and out of it (api spec 2.9, storage spec 4.7). */
@ApiTags('Archives')
@Controller('archives/rules')
export class RulesController {
  constructor(private readonly archive: ArchiveAccess) {}

  @Get()
  @ApiOperation({ summary: 'List rules' })
  @ApiQuery({
    name: 'system_global',
    required: false,
    type: Boolean,
    description: 'with those for all accounts; default true',
  })
  @ApiOkResponse({ type: [RuleView] })
  async list(
    @CurrentAccount() account: string,
    @Query('system_global', new QueryBoolean('system_global', true)) withGlobal: boolean,
  ): Promise<RuleView[]> {
    return (await this.archive.rules.list(account, { withGlobal })).map(ruleView);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Add a rule; one for all accounts only as an admin' })
  @ApiOkResponse({ type: RuleView })
  async add(@CurrentUser() caller: Caller, @Body() body: RuleRequest): Promise<RuleView> {
    if (body.system_global && !caller.isAdmin) {
      throw notAuthorized('system', 'createArchiveTransitionRule', '*');
    }
    try {
      return ruleView(await this.archive.rules.add(caller.account, completeRule(ruleRequest(body))));
    } catch (error) {
      throw archiveFailure(error);
    }
  }

  @Get(':ruleId')
  @ApiOperation({ summary: 'Get a rule' })
  @ApiOkResponse({ type: RuleView })
  async get(@CurrentAccount() account: string, @Param('ruleId') ruleId: string): Promise<RuleView> {
    const rule = await this.archive.rules.find(account, ruleId);
    if (!rule) throw notFound(ruleId);
    return ruleView(rule);
  }

  @Delete(':ruleId')
  @AnswersJsonText()
  @ApiOperation({ summary: 'Delete a rule of the own account' })
  async delete(@CurrentAccount() account: string, @Param('ruleId') ruleId: string): Promise<null> {
    if (await this.archive.rules.delete(account, ruleId)) return null;
    if (await this.archive.rules.find(account, ruleId)) {
      throw notAuthorized('system', 'deleteArchiveTransitionRule', ruleId);
    }
    throw notFound(ruleId);
  }

  @Get(':ruleId/history')
  @ApiOperation({ summary: 'What a rule did to images of the account, newest first' })
  async history(@CurrentAccount() account: string, @Param('ruleId') ruleId: string): Promise<unknown[]> {
    const records = await this.archive.history.list(account, ruleId);
    return records.map((record: TransitionRecord) => ({
      ...record,
      created_at: timestamp(record.created_at),
      last_updated: timestamp(record.last_updated),
    }));
  }
}

function notFound(ruleId: string): ApiError {
  return new ApiError(404, `archive rule ${JSON.stringify(ruleId)} not found`);
}
