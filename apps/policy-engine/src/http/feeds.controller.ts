import { Controller, Delete, Get, HttpCode, Param, Post, Put, UseGuards } from '@nestjs/common';
import { ApiError, ServiceTokenGuard } from '@kedge/service';

/**
 * Vulnerability and package feeds (policy spec 7.3). This version loads none: the list is empty, a synchronisation has
 * nothing to do and succeeds, and no feed can be named. Gates that need feeds say that their data is missing.
 */
@Controller('feeds')
@UseGuards(ServiceTokenGuard)
export class FeedsController {
  @Get()
  list(): [] {
    return [];
  }

  @Post()
  @HttpCode(200)
  sync(): [] {
    return [];
  }

  @Put(['/:feed', '/:feed/:group'])
  toggle(@Param('feed') feed: string): never {
    return this.unknown(feed);
  }

  @Delete(['/:feed', '/:feed/:group'])
  remove(@Param('feed') feed: string): never {
    return this.unknown(feed);
  }

  private unknown(feed: string): never {
    throw new ApiError(404, `Feed "${feed}" not found`);
  }
}
