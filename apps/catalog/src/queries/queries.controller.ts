import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { BadRequestException, Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { fullTag, ImageRecords, type ImageRecord } from '../images/image-records.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { QueryInteger } from '../wire/query-integer.pipe.js';
import { QueryText } from '../wire/query-text.pipe.js';
import { timestamp } from '../wire/timestamp.js';
import { SEVERITIES } from '../vulnerabilities/vulnerability.dto.js';
import { ImagesByPackage, ImagesByVulnerability } from './found-images.dto.js';

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
    return this.page(account, matches, { page, limit }, ({ packages }) => ({ packages }));
  }

  @Get('images/by_vulnerability')
  @ApiOperation({ summary: 'List the images that have a vulnerability, by digest' })
  @ApiQuery({
    name: 'vulnerability_id',
    required: true,
    type: String,
    description: 'as lists of vulnerabilities have it',
  })
  @ApiQuery({ name: 'namespace', required: false, type: String, description: 'feed group, such as debian:12' })
  @ApiQuery({ name: 'affected_package', required: false, type: String })
  @ApiQuery({ name: 'severity', required: false, enum: [...SEVERITIES] })
  @ApiQuery({ name: 'vendor_only', required: false, type: Boolean, description: 'default true' })
  @ApiQuery({ name: 'page', required: false, type: Number, description: 'from 1' })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: 'images of a page; default all' })
  @ApiOkResponse({ type: ImagesByVulnerability })
  async byVulnerability(
    @CurrentAccount() account: string,
    @Query('vulnerability_id', new QueryText('vulnerability_id')) id: string | undefined,
    @Query('namespace', new QueryText('namespace')) namespace: string | undefined,
    @Query('affected_package', new QueryText('affected_package')) packageName: string | undefined,
    @Query('severity', new QueryText('severity')) severity: string | undefined,
    @Query('vendor_only', new QueryBoolean('vendor_only', true)) vendorOnly: boolean,
    @Query('page', new QueryInteger('page', { fallback: 1, min: 1, max: MOST })) page: number,
    @Query('limit', new QueryInteger('limit', { fallback: MOST, min: 1, max: MOST })) limit: number,
  ): Promise<ImagesByVulnerability> {
    if (id === undefined) throw new BadRequestException(`Missing query parameter 'vulnerability_id'`);
    if (severity !== undefined && !(SEVERITIES as readonly string[]).includes(severity)) {
      throw new BadRequestException(`query parameter 'severity' must be one of ${SEVERITIES.join(', ')}`);
    }
    const engine = await this.context.policyEngine();
    const wanted = { account, id, namespace, packageName, severity, vendorOnly };
    const matches = await engine.imagesByVulnerability(wanted);
    return this.page(account, matches, { page, limit }, ({ packages }) => ({ vulnerable_packages: packages }));
  }

  /** One page of images with what was found in each. */
  private async page<M extends { imageDigest: string; imageId: string }, F extends object>(
    account: string,
    matches: readonly M[],
    { page, limit }: { page: number; limit: number },
    foundIn: (match: M) => F,
  ) {
    const start = (page - 1) * limit;
    const wanted = matches.slice(start, start + limit);
    const digests = wanted.map(({ imageDigest }) => imageDigest);
    const known = new Map((await this.records.byDigests(account, digests)).map((image) => [image.imageDigest, image]));
    const images = wanted.map((match) => {
      const { imageDigest, imageId } = match;
      return { image: { imageDigest, imageId, ...historyOf(known.get(imageDigest)) }, ...foundIn(match) };
    });
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
