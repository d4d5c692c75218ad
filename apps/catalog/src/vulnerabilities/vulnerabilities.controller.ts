import { packageClass } from '@kedge/policy';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { applyDecorators, Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { ImageLookup, type AnalyzedImage } from '../evaluations/image-lookup.js';
import { ImageIdParam } from '../images/image-id.pipe.js';
import { ImageRecords } from '../images/image-records.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { vulnerabilityView } from './vulnerability-view.js';
import { ImageVulnerabilities } from './vulnerability.dto.js';

const TYPES = ['os', 'non-os', 'all'] as const;
type VulnerabilityType = (typeof TYPES)[number];

const DocumentsReport = (summary: string): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary }),
    ApiParam({ name: 'type', enum: TYPES }),
    ApiQuery({
      name: 'vendor_only',
      required: false,
      type: Boolean,
      description: 'without those that the vendor will not fix; default true',
    }),
    ApiQuery({
      name: 'force_refresh',
      required: false,
      type: Boolean,
      description: 'taken for compatibility: answers are always fresh',
    }),
    ApiOkResponse({ type: ImageVulnerabilities }),
  );

/** What vulnerabilities images have by the tables of the feeds (api spec 2.4, 3.7). */
@ApiTags('Vulnerabilities')
@Controller('images')
export class VulnerabilitiesController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly images: ImageLookup,
    private readonly records: ImageRecords,
  ) {}

  @Get(':imageDigest/vuln')
  @ApiOperation({ summary: 'List the types of vulnerabilities' })
  @ApiOkResponse({ type: [String] })
  async types(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<readonly string[]> {
    await this.records.get(account, digest);
    return TYPES;
  }

  @Get('by_id/:imageId/vuln')
  @ApiOperation({ summary: 'List the types of vulnerabilities of an image, named by its id' })
  @ApiOkResponse({ type: [String] })
  async typesById(
    @CurrentAccount() account: string,
    @Param('imageId', ImageIdParam) imageId: string,
  ): Promise<readonly string[]> {
    await this.records.getById(account, imageId);
    return TYPES;
  }

  @Get(':imageDigest/vuln/:type')
  @DocumentsReport('Vulnerabilities of one type')
  async byDigest(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Param('type') type: string,
    @Query('vendor_only', new QueryBoolean('vendor_only', true)) vendorOnly: boolean,
    @Query('force_refresh', new QueryBoolean('force_refresh', false)) _refresh: boolean,
  ): Promise<ImageVulnerabilities> {
    const wanted = requireType(type);
    return this.report(account, await this.images.byDigest(account, digest), wanted, vendorOnly);
  }

  @Get('by_id/:imageId/vuln/:type')
  @DocumentsReport('Vulnerabilities of one type of an image, named by its id')
  async byId(
    @CurrentAccount() account: string,
    @Param('imageId', ImageIdParam) imageId: string,
    @Param('type') type: string,
    @Query('vendor_only', new QueryBoolean('vendor_only', true)) vendorOnly: boolean,
    @Query('force_refresh', new QueryBoolean('force_refresh', false)) _refresh: boolean,
  ): Promise<ImageVulnerabilities> {
    const wanted = requireType(type);
    return this.report(account, await this.images.byId(account, imageId), wanted, vendorOnly);
  }

  private async report(
    account: string,
    image: AnalyzedImage,
    type: VulnerabilityType,
    vendorOnly: boolean,
  ): Promise<ImageVulnerabilities> {
    const engine = await this.context.policyEngine();
    const { results } = await engine.vulnerabilities({ account, ...image, vendorOnly });
    const wanted = results.filter(
      ({ artifact }) => type === 'all' || type === packageClass({ packageType: artifact.pkg_type }),
    );
    return {
      imageDigest: image.imageDigest,
      vulnerability_type: type,
      vulnerabilities: wanted.map(vulnerabilityView),
    };
  }
}

function requireType(type: string): VulnerabilityType {
  const known = TYPES.find((candidate) => candidate === type);
  if (!known) throw new ApiError(404, `unknown vulnerability type '${type}'; types are ${TYPES.join(', ')}`);
  return known;
}
