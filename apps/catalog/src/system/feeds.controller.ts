import { ApiError } from '@kedge/service';
import { Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/decorators.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';

/** Vulnerability feeds (api spec 3.14). This installation has none: lists are empty and every feed is unknown. */
@ApiTags('Feeds')
@Controller('system/feeds')
export class FeedsController {
  @Get()
  @ApiOperation({ summary: 'List feeds' })
  list(): never[] {
    return [];
  }

  @Post()
  @HttpCode(200)
  @AdminOnly()
  @ApiOperation({ summary: 'Synchronise feeds; answers one result for each' })
  @ApiQuery({ name: 'flush', required: false, type: Boolean })
  @ApiQuery({ name: 'sync', required: false, type: Boolean })
  synchronise(
    @Query('flush', new QueryBoolean('flush', false)) _flush: boolean,
    @Query('sync', new QueryBoolean('sync', true)) _sync: boolean,
  ): never[] {
    return [];
  }

  @Put(':feed')
  @AdminOnly()
  @ApiOperation({ summary: 'Enable or disable a feed' })
  configureFeed(@Param('feed') feed: string): never {
    throw unknownFeed(feed);
  }

  @Delete(':feed')
  @AdminOnly()
  @ApiOperation({ summary: 'Delete the data of a feed' })
  deleteFeed(@Param('feed') feed: string): never {
    throw unknownFeed(feed);
  }

  @Put(':feed/:group')
  @AdminOnly()
  @ApiOperation({ summary: 'Enable or disable a group of a feed' })
  configureGroup(@Param('feed') feed: string): never {
    throw unknownFeed(feed);
  }

  @Delete(':feed/:group')
  @AdminOnly()
  @ApiOperation({ summary: 'Delete the data of a group of a feed' })
  deleteGroup(@Param('feed') feed: string): never {
    throw unknownFeed(feed);
  }
}

function unknownFeed(feed: string): ApiError {
  return new ApiError(404, `feed ${JSON.stringify(feed)} not found`);
}
