import { ApiError } from '@kedge/service';
import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { QueryInteger } from '../wire/query-integer.pipe.js';
import { QueryText } from '../wire/query-text.pipe.js';
import { parseTime } from './event-filter.js';
import { describeEventTypes } from './event-types.js';
import { EventPage, EventView } from './event.dto.js';
import { EventsService } from './events.service.js';

const UUID = /^[0-9a-f]{32}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_PAGE = 1_000_000;

/** Events of the account (api spec 2.6). */
@ApiTags('Events')
@Controller()
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get('event_types')
  @ApiOperation({ summary: 'Kinds of events' })
  types(): ReturnType<typeof describeEventTypes> {
    return describeEventTypes();
  }

  @Get('events')
  @ApiOperation({ summary: 'A page of events, newest first' })
  @ApiQuery({ name: 'source_servicename', required: false, type: String })
  @ApiQuery({ name: 'source_hostid', required: false, type: String })
  @ApiQuery({ name: 'event_type', required: false, type: String, description: 'exact, or with * for anything' })
  @ApiQuery({ name: 'resource_type', required: false, type: String })
  @ApiQuery({ name: 'resource_id', required: false, type: String })
  @ApiQuery({ name: 'level', required: false, type: String })
  @ApiQuery({ name: 'since', required: false, type: String })
  @ApiQuery({ name: 'before', required: false, type: String })
  @ApiQuery({ name: 'page', required: false, type: Number })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiOkResponse({ type: EventPage })
  list(
    @CurrentAccount() account: string,
    @Query('source_servicename', new QueryText('source_servicename')) source_servicename: string | undefined,
    @Query('source_hostid', new QueryText('source_hostid')) source_hostid: string | undefined,
    @Query('event_type', new QueryText('event_type')) event_type: string | undefined,
    @Query('resource_type', new QueryText('resource_type')) resource_type: string | undefined,
    @Query('resource_id', new QueryText('resource_id')) resource_id: string | undefined,
    @Query('level', new QueryText('level')) level: string | undefined,
    @Query('since', new QueryText('since')) since: string | undefined,
    @Query('before', new QueryText('before')) before: string | undefined,
    @Query('page', new QueryInteger('page', { fallback: 1, min: 1, max: MAX_PAGE })) page: number,
    @Query('limit', new QueryInteger('limit', { fallback: 100, min: 1, max: 1000 })) limit: number,
  ): Promise<EventPage> {
    const filter = { source_servicename, source_hostid, event_type, resource_type, resource_id, level };
    return this.events.list(
      account,
      { ...filter, since: parseTime('since', since), before: parseTime('before', before) },
      { page, limit },
    );
  }

  @Delete('events')
  @ApiOperation({ summary: 'Delete events; answers their identifiers, at most 10000 a call' })
  @ApiQuery({ name: 'since', required: false, type: String })
  @ApiQuery({ name: 'before', required: false, type: String })
  @ApiQuery({ name: 'level', required: false, type: String })
  @ApiOkResponse({ type: [String] })
  deleteMatching(
    @CurrentAccount() account: string,
    @Query('since', new QueryText('since')) since: string | undefined,
    @Query('before', new QueryText('before')) before: string | undefined,
    @Query('level', new QueryText('level')) level: string | undefined,
  ): Promise<string[]> {
    const filter = { level, since: parseTime('since', since), before: parseTime('before', before) };
    return this.events.deleteMatching(account, filter);
  }

  @Get('events/:eventId')
  @ApiOperation({ summary: 'Get an event' })
  @ApiOkResponse({ type: EventView })
  async get(@CurrentAccount() account: string, @Param('eventId') id: string): Promise<EventView> {
    const event = UUID.test(id) ? await this.events.find(account, id) : undefined;
    if (!event) throw notFound(id);
    return event;
  }

  @Delete('events/:eventId')
  @ApiOperation({ summary: 'Delete an event' })
  async delete(@CurrentAccount() account: string, @Param('eventId') id: string): Promise<void> {
    if (!UUID.test(id) || !(await this.events.delete(account, id))) throw notFound(id);
  }
}

function notFound(id: string): ApiError {
  return new ApiError(404, `Event ${JSON.stringify(id.slice(0, 60))} not found`);
}
