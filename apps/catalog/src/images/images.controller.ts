import { parseReference } from '@kedge/registry';
import { ApiError } from '@kedge/service';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  type StreamableFile,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { QueryList } from '../wire/query-list.pipe.js';
import { ImageQueryPipe, type ImageQuery } from './image-filter.pipe.js';
import { ImageIdParam } from './image-id.pipe.js';
import { ImageRecords } from './image-records.js';
import { ImageRemover } from './image-remover.js';
import { ImageRequest } from './image-request.dto.js';
import { DeleteResult, ImageView } from './image.dto.js';
import { imageView } from './image-view.js';
import { ImagesService } from './images.service.js';
import { jsonArrayFile } from './json-array-file.js';

const force = { name: 'force', required: false, type: Boolean } as const;

/** Images of an account (api spec 2.4). Every answer with images is a list. */
@ApiTags('Images')
@Controller('images')
export class ImagesController {
  constructor(
    private readonly images: ImagesService,
    private readonly records: ImageRecords,
    private readonly remover: ImageRemover,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Add an image: by tag, by digest, from the archive or from disk' })
  @ApiQuery({ ...force, description: 'analyse again what is known' })
  @ApiQuery({ name: 'autosubscribe', required: false, type: Boolean, description: 'watch the tag; default false' })
  @ApiOkResponse({ type: [ImageView] })
  async add(
    @CurrentAccount() account: string,
    @Query('force', new QueryBoolean('force', false)) force: boolean,
    @Query('autosubscribe', new QueryBoolean('autosubscribe', false)) autosubscribe: boolean,
    @Body() request: ImageRequest,
  ): Promise<ImageView[]> {
    return [imageView(await this.images.add(account, request, { force, autosubscribe }))];
  }

  @Get()
  @ApiOperation({ summary: 'List images, newest first' })
  @ApiQuery({ name: 'fulltag', required: false, description: 'registry/repository:tag; 404 when nothing has it' })
  @ApiQuery({
    name: 'history',
    required: false,
    type: Boolean,
    description: 'with fulltag: also where it pointed before',
  })
  @ApiQuery({ name: 'image_status', required: false, description: 'comma separated; default active' })
  @ApiQuery({ name: 'analysis_status', required: false })
  @ApiOkResponse({ type: [ImageView] })
  async list(
    @CurrentAccount() account: string,
    @Query(ImageQueryPipe) query: ImageQuery,
  ): Promise<ImageView[] | StreamableFile> {
    if (query.fulltag === undefined) return jsonArrayFile(this.records.all(account, query), imageView);
    const { registry, repo, tag } = parseReference(query.fulltag);
    if (registry === null || repo === null || tag === null) {
      throw new ApiError(400, `fulltag '${query.fulltag}' must look like registry/repository:tag`);
    }
    const images = await this.records.byTag(account, { registry, repo, tag }, query);
    if (images.length === 0) throw new ApiError(404, 'image data not found in DB');
    return images.map(imageView);
  }

  @Delete()
  @ApiOperation({ summary: 'Delete images' })
  @ApiQuery({ name: 'imageDigests', required: true, description: 'comma separated' })
  @ApiQuery(force)
  @ApiOkResponse({ type: [DeleteResult] })
  async deleteMany(
    @CurrentAccount() account: string,
    @Query('imageDigests', new QueryList('imageDigests')) digests: string[],
    @Query('force', new QueryBoolean('force', false)) force: boolean,
  ): Promise<DeleteResult[]> {
    if (digests.length === 0) throw new BadRequestException(`Missing query parameter 'imageDigests'`);
    const results: DeleteResult[] = [];
    for (const digest of new Set(digests)) results.push(await this.remover.remove(account, digest, force));
    return results;
  }

  @Get('by_id/:imageId')
  @ApiOperation({ summary: 'Get an image by its id' })
  @ApiOkResponse({ type: [ImageView] })
  async getById(@CurrentAccount() account: string, @Param('imageId', ImageIdParam) id: string): Promise<ImageView[]> {
    return [imageView(await this.records.getById(account, id))];
  }

  @Delete('by_id/:imageId')
  @ApiOperation({ summary: 'Delete an image by its id' })
  @ApiQuery(force)
  @ApiOkResponse({ type: DeleteResult })
  async deleteById(
    @CurrentAccount() account: string,
    @Param('imageId', ImageIdParam) id: string,
    @Query('force', new QueryBoolean('force', false)) force: boolean,
  ): Promise<DeleteResult> {
    const image = await this.records.findById(account, id);
    return this.remover.remove(account, image?.imageDigest ?? id, force);
  }

  @Get(':imageDigest')
  @ApiOperation({ summary: 'Get an image by its digest or that of its manifest list' })
  @ApiQuery({ name: 'detail', required: false, type: Boolean, description: 'false leaves image_detail empty' })
  @ApiOkResponse({ type: [ImageView] })
  async get(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Query('detail', new QueryBoolean('detail', true)) detail: boolean,
  ): Promise<ImageView[]> {
    const view = imageView(await this.records.get(account, digest));
    return [detail ? view : { ...view, image_detail: [] }];
  }

  @Delete(':imageDigest')
  @ApiOperation({ summary: 'Delete an image; 200 also when there is none or it is refused, see the status' })
  @ApiQuery(force)
  @ApiOkResponse({ type: DeleteResult })
  delete(
    @CurrentAccount() account: string,
    @Param('imageDigest') digest: string,
    @Query('force', new QueryBoolean('force', false)) force: boolean,
  ): Promise<DeleteResult> {
    return this.remover.remove(account, digest, force);
  }
}
