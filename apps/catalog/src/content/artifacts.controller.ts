import type { ArtifactType } from '@kedge/client';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { AnalyzedImages } from './analyzed-images.js';

/** Files that analyses kept and what they found by searching; the policy engine has them (analyzer spec 10.4). */
@ApiTags('Image Content')
@Controller('images/:imageDigest/artifacts')
export class ArtifactsController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly images: AnalyzedImages,
  ) {}

  @Get('retrieved_files')
  @ApiOperation({ summary: 'Files that were kept whole, base64' })
  retrievedFiles(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<unknown[]> {
    return this.artifacts(account, digest, 'retrieved_files');
  }

  @Get('file_content_search')
  @ApiOperation({ summary: 'Files in which configured patterns were found' })
  fileContentSearch(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<unknown[]> {
    return this.artifacts(account, digest, 'file_content_search');
  }

  @Get('secret_search')
  @ApiOperation({ summary: 'Files in which credentials were found' })
  secretSearch(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<unknown[]> {
    return this.artifacts(account, digest, 'secret_search');
  }

  private async artifacts(account: string, digest: string, type: ArtifactType): Promise<unknown[]> {
    const image = await this.images.byDigest(account, digest);
    const imageId = image.image_detail[0]?.imageId;
    if (!imageId) throw new ApiError(404, `image ${image.imageDigest} has no tag, and with it no image id`);
    return (await this.context.policyEngine()).artifacts({ account, imageId, type });
  }
}
