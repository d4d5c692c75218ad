import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import type { ImageVulnerabilityReport } from '@kedge/client';
import { ApiError, SERVICE_CONTEXT, ServiceTokenGuard, type ServiceContext } from '@kedge/service';
import type { PolicyEvaluation } from '@kedge/policy';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Evaluator } from '../evaluation/evaluator.js';
import { vulnerabilityReport } from '../feeds/vulnerability-report.js';
import { ARTIFACT_TYPES, readArtifacts } from '../image-view/artifacts.js';
import { findImage } from '../image-view/image-row.js';
import { listImages, type ListedImage } from '../image-view/list-images.js';
import { requireImage } from '../image-view/require-image.js';
import { IndexStore } from '../index-store/index-store.js';
import { reloadImage } from '../jobs/reload-image.js';
import { ENGINE_SETTINGS, type EngineSettings } from '../settings.js';

class ImageQuery extends createZodDto(z.object({ image_digest: z.string().optional() })) {}
class VulnerabilityQuery extends createZodDto(
  z.object({ image_digest: z.string().optional(), vendor_only: z.stringbool().default(true) }),
) {}
class CheckQuery extends createZodDto(z.object({ tag: z.string().optional(), image_digest: z.string().optional() })) {}
class PageQuery extends createZodDto(
  z.object({ after: z.string().default(''), limit: z.coerce.number().int().min(1).max(10_000).default(1000) }),
) {}

/** Indexed images of an account (policy spec 11). For other services only. */
@Controller('users/:account/images')
@UseGuards(ServiceTokenGuard)
export class ImagesController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    @Inject(ENGINE_SETTINGS) private readonly settings: EngineSettings,
    private readonly evaluator: Evaluator,
    private readonly store: IndexStore,
  ) {}

  @Get()
  list(@Param('account') account: string, @Query() page: PageQuery): Promise<ListedImage[]> {
    return listImages(this.context.sql, account, page);
  }

  /** Applies the bundle in the body. Faults of the bundle are part of the answer, not errors of the request. */
  @Post(':imageId/check_inline')
  @HttpCode(200)
  check(
    @Param('account') account: string,
    @Param('imageId') imageId: string,
    @Query() query: CheckQuery,
    @Body() bundle: unknown,
  ): Promise<PolicyEvaluation> {
    return this.evaluator.evaluate({
      account,
      imageId,
      imageDigest: query.image_digest,
      tag: query.tag ?? null,
      bundle,
    });
  }

  @Get(':imageId/artifacts/:type')
  async artifacts(
    @Param('account') account: string,
    @Param('imageId') imageId: string,
    @Param('type') type: string,
    @Query() query: ImageQuery,
  ): Promise<unknown[]> {
    const known = ARTIFACT_TYPES.find((candidate) => candidate === type);
    if (!known) throw new ApiError(400, `unknown artifact type "${type}"; known: ${ARTIFACT_TYPES.join(', ')}`);
    const row = await this.require(account, imageId, query);
    return readArtifacts(this.context.sql, row.id, known);
  }

  /** A report of this moment (policy spec 7.8); as nothing of it is stored, there is nothing to refresh by force. */
  @Get(':imageId/vulnerabilities')
  vulnerabilities(
    @Param('account') account: string,
    @Param('imageId') imageId: string,
    @Query() query: VulnerabilityQuery,
  ): Promise<ImageVulnerabilityReport> {
    const request = { account, imageId, imageDigest: query.image_digest, vendorOnly: query.vendor_only };
    return vulnerabilityReport(this.context.sql, this.settings, request);
  }

  /** Indexes the image again from its stored analysis; the answer does not wait for it. */
  @Post(':imageId/reload')
  @HttpCode(202)
  async reload(
    @Param('account') account: string,
    @Param('imageId') imageId: string,
    @Query() query: ImageQuery,
  ): Promise<{ image_digest: string }> {
    const { digest } = await this.require(account, imageId, query);
    await reloadImage(this.context.jobs, { account, digest });
    return { image_digest: digest };
  }

  /** Forgets all images with this id; none is success. */
  @Delete(':imageId')
  @HttpCode(204)
  async forget(@Param('account') account: string, @Param('imageId') imageId: string): Promise<void> {
    for (;;) {
      const row = await findImage(this.context.sql, { account, imageId }, this.settings.packageDb);
      if (!row) return;
      await this.store.forget({ account, digest: row.digest });
    }
  }

  private require(account: string, imageId: string, query: ImageQuery) {
    const image = { account, imageId, imageDigest: query.image_digest };
    return requireImage(this.context.sql, image, this.settings.packageDb);
  }
}
