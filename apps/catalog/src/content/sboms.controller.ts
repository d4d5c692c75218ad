import { packagesOf, toCycloneDx, toNativeSbom, toSpdx, type SbomSubject } from '@kedge/analysis';
import { ApiError, KEDGE_VERSION, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Controller, Get, Inject, Param, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { CurrentAccount } from '../auth/decorators.js';
import type { ImageRecord } from '../images/image-records.js';
import { AnalyzedImages } from './analyzed-images.js';
import { storedPackages } from './stored-packages.js';

const CYCLONEDX = 'application/vnd.cyclonedx+json; version=1.6';
const SPDX = 'application/spdx+json';

/** Bills of materials, made of the stored content whenever they are asked for (api spec 2.4, analyzer spec 8.8). */
@ApiTags('Image Content')
@Controller('images/:imageDigest/sboms')
export class SbomsController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly images: AnalyzedImages,
  ) {}

  @Get('native')
  @ApiOperation({ summary: 'Packages in the form of Syft, as a gzip file' })
  @ApiProduces('application/gzip')
  async native(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<StreamableFile> {
    const { image, body } = await this.make(account, digest, toNativeSbom);
    // pipeline hands an error of the document to the file, so the connection is cut.
    return attachment(
      pipeline(body, createGzip(), () => undefined),
      image,
      'native.json.gz',
      'application/gzip',
    );
  }

  @Get('cyclonedx')
  @ApiOperation({ summary: 'Bill of materials in CycloneDX 1.6 JSON' })
  @ApiProduces(CYCLONEDX)
  async cycloneDx(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<StreamableFile> {
    const { image, body } = await this.make(account, digest, toCycloneDx);
    return attachment(body, image, 'cdx.json', CYCLONEDX);
  }

  @Get('spdx')
  @ApiOperation({ summary: 'Bill of materials in SPDX 2.3 JSON' })
  @ApiProduces(SPDX)
  async spdx(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<StreamableFile> {
    const { image, body } = await this.make(account, digest, toSpdx);
    return attachment(body, image, 'spdx.json', SPDX);
  }

  /** @throws ApiError 404 for an image that is unknown, not analysed, or whose content is missing */
  private async make(
    account: string,
    digest: string,
    build: typeof toCycloneDx,
  ): Promise<{ image: ImageRecord; body: Readable }> {
    const image = await this.images.byDigest(account, digest);
    const id = { account, bucket: 'image_content_data', key: image.imageDigest };
    const stored = await this.context.stores.objectStore.get(id);
    if (!stored) throw new ApiError(404, `content of image ${image.imageDigest} is missing; analyse it again (force)`);
    const content = await storedPackages(stored.body);
    return { image, body: build(subjectOf(image), () => packagesOf(content)) };
  }
}

function subjectOf(image: ImageRecord): SbomSubject {
  const [tag] = image.image_detail;
  return {
    name: tag ? `${tag.registry}/${tag.repo}:${tag.tag}` : image.imageDigest,
    digest: image.imageDigest,
    architecture: image.arch ?? '',
    distro: { name: image.distro ?? '', version: image.distro_version ?? '' },
    created: new Date((image.analyzed_at ?? image.last_updated) * 1000),
    toolVersion: KEDGE_VERSION,
  };
}

function attachment(body: Readable, { imageDigest }: ImageRecord, ending: string, type: string): StreamableFile {
  const name = `${imageDigest.replace(':', '-')}.${ending}`;
  return new StreamableFile(body, { type, disposition: `attachment; filename="${name}"` });
}
