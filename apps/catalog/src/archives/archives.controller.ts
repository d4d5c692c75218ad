import type { ArchivedImage } from '@kedge/archive';
import { ApiError } from '@kedge/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, type StreamableFile } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { jsonArrayFile } from '../images/json-array-file.js';
import { AnswersJsonText } from '../wire/json-text.interceptor.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { timestamp } from '../wire/timestamp.js';
import { ArchiveAccess, archiveFailure } from './archive-access.js';
import { ArchivedImageView, ArchiveRequest, ArchiveResultView, ArchiveSummaryView } from './archive.dto.js';
import { archivedImageView } from './archive-views.js';

const PAGE = 200;

/** The analysis archive (api spec 2.9). What is restored comes back by `POST /images`. */
@ApiTags('Archives')
@Controller('archives')
export class ArchivesController {
  constructor(private readonly archive: ArchiveAccess) {}

  @Get()
  @ApiOperation({ summary: 'What the archive holds of the account' })
  @ApiOkResponse({ type: ArchiveSummaryView })
  async summary(@CurrentAccount() account: string): Promise<ArchiveSummaryView> {
    const { images, tags, bytes, lastUpdated } = await this.archive.images.summary(account);
    const rules = await this.archive.rules.list(account, { withGlobal: false });
    const ruleTimes = rules.map((rule) => rule.lastUpdated);
    return {
      images: {
        total_image_count: images,
        total_tag_count: tags,
        total_data_bytes: bytes,
        last_updated: timestamp(lastUpdated) ?? '',
      },
      rules: { count: rules.length, last_updated: timestamp(rules.length > 0 ? Math.max(...ruleTimes) : null) },
    };
  }

  @Get('images')
  @ApiOperation({ summary: 'List archived images, newest first' })
  @ApiOkResponse({ type: [ArchivedImageView] })
  list(@CurrentAccount() account: string): StreamableFile {
    return jsonArrayFile(this.all(account), archivedImageView);
  }

  @Post('images')
  @HttpCode(200)
  @ApiOperation({ summary: 'Copy analyses into the archive; each digest has its own result' })
  @ApiBody({ schema: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 100 } })
  @ApiOkResponse({ type: [ArchiveResultView] })
  async add(@CurrentAccount() account: string, @Body() digests: ArchiveRequest): Promise<ArchiveResultView[]> {
    const results: ArchiveResultView[] = [];
    const distinct = new Set((digests as unknown as string[]).map((digest) => digest.toLowerCase()));
    for (const digest of distinct) results.push(await this.archive.archiver.archive(account, digest));
    return results;
  }

  @Get('images/:imageDigest')
  @ApiOperation({ summary: 'Get an archived image by its digest or that of its manifest list' })
  @ApiOkResponse({ type: ArchivedImageView })
  async get(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<ArchivedImageView> {
    const image = await this.archive.images.find(account, digest);
    if (!image) throw new ApiError(404, 'Not found in archive');
    return archivedImageView(image);
  }

  @Delete('images/:imageDigest')
  @AnswersJsonText()
  @ApiOperation({ summary: 'Delete an archived image for good' })
  @ApiQuery({ name: 'force', required: false, type: Boolean, description: 'also one that is being archived' })
  async delete(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Query('force', new QueryBoolean('force', false)) force: boolean,
  ): Promise<null> {
    try {
      await this.archive.archiver.delete(account, digest, { force });
    } catch (error) {
      throw archiveFailure(error);
    }
    return null;
  }

  private async *all(account: string): AsyncGenerator<ArchivedImage> {
    let after: ArchivedImage | undefined;
    for (;;) {
      const page: ArchivedImage[] = await this.archive.images.page(account, {
        limit: PAGE,
        ...(after ? { after } : {}),
      });
      yield* page;
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }
}
