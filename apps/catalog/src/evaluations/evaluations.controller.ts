import { BadRequestException, Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import { CurrentAccount } from '../auth/decorators.js';
import { CheckQuery } from './check-query.pipe.js';
import { EvaluationView } from './evaluation.dto.js';
import { EvaluationsService, type CheckOptions } from './evaluations.service.js';
import { ImageLookup } from './image-lookup.js';

const IMAGE_ID = /^[0-9a-f]{64}$/i;

const DocumentsCheck = (summary: string): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary }),
    ApiQuery({ name: 'tag', required: true, type: String }),
    ApiQuery({ name: 'policyId', required: false, type: String, description: 'default: the active policy bundle' }),
    ApiQuery({ name: 'detail', required: false, type: Boolean, description: 'default true' }),
    ApiQuery({ name: 'history', required: false, type: Boolean, description: 'former evaluations too, newest first' }),
    ApiQuery({ name: 'interactive', required: false, type: Boolean, description: 'evaluate and keep nothing' }),
    ApiQuery({
      name: 'newest_only',
      required: false,
      type: Boolean,
      description: 'the newest one kept; evaluate nothing',
    }),
    ApiOkResponse({ type: [EvaluationView] }),
  );

/** Verdicts on images (api spec 2.4, 3.6). */
@ApiTags('Policy Evaluation')
@Controller('images')
export class EvaluationsController {
  constructor(
    private readonly evaluations: EvaluationsService,
    private readonly images: ImageLookup,
  ) {}

  @Get(':imageDigest/check')
  @DocumentsCheck('Check an image against a policy bundle')
  async byDigest(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Query(CheckQuery) options: CheckOptions,
  ): Promise<EvaluationView[]> {
    return this.evaluations.check(account, await this.images.byDigest(account, digest), options);
  }

  @Get('by_id/:imageId/check')
  @DocumentsCheck('Check an image, named by its id, against a policy bundle')
  async byId(
    @CurrentAccount() account: string,
    @Param('imageId') imageId: string,
    @Query(CheckQuery) options: CheckOptions,
  ): Promise<EvaluationView[]> {
    if (!IMAGE_ID.test(imageId)) throw new BadRequestException(`'imageId' must be 64 hex characters`);
    return this.evaluations.check(account, await this.images.byId(account, imageId.toLowerCase()), options);
  }
}
