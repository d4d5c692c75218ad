import { METADATA_TYPES } from '@kedge/analysis';
import { Controller, Get, Param, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { ImageIdParam } from '../images/image-id.pipe.js';
import { ImageRecords, type ImageRecord } from '../images/image-records.js';
import { AnalyzedImages } from './analyzed-images.js';
import { checkContentType, checkMetadataType, CONTENT_TYPES } from './content-types.js';
import { contentFile } from './content-file.js';
import { ImageContent } from './image-content.js';

/** What analyses found in images (api spec 2.4, 3.8). */
@ApiTags('Image Content')
@Controller('images')
export class ContentController {
  constructor(
    private readonly images: AnalyzedImages,
    private readonly records: ImageRecords,
    private readonly content: ImageContent,
  ) {}

  @Get(':imageDigest/content')
  @ApiOperation({ summary: 'List the types of content' })
  @ApiOkResponse({ type: [String] })
  async types(@CurrentAccount() account: string, @Param('imageDigest') digest: string): Promise<readonly string[]> {
    await this.records.get(account, digest);
    return CONTENT_TYPES;
  }

  @Get('by_id/:imageId/content')
  @ApiOperation({ summary: 'List the types of content of an image, named by its id' })
  @ApiOkResponse({ type: [String] })
  async typesById(
    @CurrentAccount() account: string,
    @Param('imageId', ImageIdParam) imageId: string,
  ): Promise<readonly string[]> {
    await this.records.getById(account, imageId);
    return CONTENT_TYPES;
  }

  @Get(':imageDigest/content/:type')
  @ApiOperation({ summary: 'Content of one type' })
  async read(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Param('type') type: string,
  ): Promise<StreamableFile> {
    checkContentType(type);
    return this.answer(await this.images.byDigest(account, digest), type);
  }

  @Get('by_id/:imageId/content/:type')
  @ApiOperation({ summary: 'Content of one type of an image, named by its id' })
  async readById(
    @CurrentAccount() account: string,
    @Param('imageId', ImageIdParam) imageId: string,
    @Param('type') type: string,
  ): Promise<StreamableFile> {
    checkContentType(type);
    return this.answer(await this.images.byId(account, imageId), type);
  }

  @Get(':imageDigest/metadata')
  @ApiOperation({ summary: 'List the types of metadata' })
  @ApiOkResponse({ type: [String] })
  async metadataTypes(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
  ): Promise<readonly string[]> {
    await this.records.get(account, digest);
    return METADATA_TYPES;
  }

  @Get(':imageDigest/metadata/:type')
  @ApiOperation({ summary: 'Metadata of one type, base64' })
  async metadata(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Param('type') type: string,
  ): Promise<StreamableFile> {
    checkMetadataType(type);
    const image = await this.images.byDigest(account, digest);
    const head = { imageDigest: image.imageDigest, metadata_type: type };
    return contentFile(head, 'metadata', await this.content.read(image, type));
  }

  private async answer(image: ImageRecord, type: string): Promise<StreamableFile> {
    const head = { imageDigest: image.imageDigest, content_type: type };
    return contentFile(head, 'content', await this.content.read(image, type));
  }
}
