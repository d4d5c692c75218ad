import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { BadRequestException, Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { fullTag, ImageRecords, type ImageRecord } from '../images/image-records.js';
import { QueryInteger } from '../wire/query-integer.pipe.js';
import { QueryText } from '../wire/query-text.pipe.js';
import { timestamp } from '../wire/timestamp.js';
import { ImagesByPackage } from './found-images.dto.js';

/** The policy engine answers no more images. */
const MOST = 10_000;

/** Questions over all images of an account (api spec 2.7, 3.11). */
@ApiTags('Queries')
@Controller('query')
export class QueriesController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly records: ImageRecords,
  ) {}

  @Get('images/by_package')
  @ApiOperation({ summary: 'List the images that have a package, by digest' })
  @ApiQuery({ name: 'name', required: true, type: String })
  @ApiQuery({ name: 'version', required: false, type: String, description: 'with or without release' })
  @ApiQuery({ name: 'package_type', required: false, type: String })
  @ApiQuery({ name: 'page', required: false, type: Number, description: 'from 1' })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: 'images of a page; default all' })
  @ApiOkResponse({ type: ImagesByPackage })
  async byPackage(
    @CurrentAccount() account: string,
    @Query('name', new QueryText('name')) name: string | undefined,
    @Query('version', new QueryText('version')) version: string | undefined,
    @Query('package_type', new QueryText('package_type')) type: string | undefined,
    @Query('page', new QueryInteger('page', { fallback: 1, min: 1, max: MOST })) page: number,
    @Query('limit', new QueryInteger('limit', { fallback: MOST, min: 1, max: MOST })) limit: number,
  ): Promise<ImagesByPackage> {
    if (name === undefined) throw new BadRequestException(`Missing query parameter 'name'`);
    const matches = await (await this.context.policyEngine()).imagesByPackage({ account, name, version, type });
    const start = (page - 1) * limit;
    const wanted = matches.slice(start, start + limit);
    const digests = wanted.map(({ imageDigest }) => imageDigest);
    const known = new Map((await this.records.byDigests(account, digests)).map((image) => [image.imageDigest, image]));
    const images = wanted.map(({ imageDigest, imageId, packages }) => ({
      image: { imageDigest, imageId, ...historyOf(known.get(imageDigest)) },
      packages,
    }));
    return {
      images,
      page: String(page),
      ...(start + limit < matches.length ? { next_page: String(page + 1) } : {}),
      returned_count: images.length,
      total_count: matches.length,
    };
  }
}

/** An image that is deleted at the same moment has no tags any more. */
function historyOf(image: ImageRecord | undefined) {
  const tags = image?.image_detail ?? [];
  return {
    analyzed_at: timestamp(image?.analyzed_at ?? null),
    tag_history: tags.map((tag) => ({
      ...{ registry: tag.registry, repo: tag.repo, tag: tag.tag, fulltag: fullTag(tag) },
      tag_detected_at: timestamp(tag.tag_detected_at),
    })),
  };
}
