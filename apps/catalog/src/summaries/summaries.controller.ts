import { Controller, Get, Query, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { ImageStatusQuery } from '../images/image-filter.pipe.js';
import { fullTag, ImageRecords, type ImageRecord, type ImageStatus, type TagRecord } from '../images/image-records.js';
import { jsonArrayFile } from '../images/json-array-file.js';
import { TagSummary } from './summary.dto.js';

/** Short forms of lists, for user interfaces. */
@ApiTags('Summaries')
@Controller('summaries')
export class SummariesController {
  constructor(private readonly records: ImageRecords) {}

  @Get('imagetags')
  @ApiOperation({ summary: 'List the tags of all images, images with the newest first' })
  @ApiQuery({ name: 'image_status', required: false, description: 'comma separated; default active' })
  @ApiOkResponse({ type: [TagSummary] })
  imageTags(
    @CurrentAccount() account: string,
    @Query('image_status', ImageStatusQuery) imageStatus: ImageStatus[],
  ): StreamableFile {
    return jsonArrayFile(this.tags(account, imageStatus), ({ image, tag }): TagSummary => ({
      imageDigest: image.imageDigest,
      parentDigest: image.parentDigest ?? image.imageDigest,
      imageId: tag.imageId,
      fulltag: fullTag(tag),
      analysis_status: image.analysis_status,
      image_status: image.image_status,
      created_at: image.created_at,
      analyzed_at: image.analyzed_at,
      tag_detected_at: tag.tag_detected_at,
    }));
  }

  private async *tags(
    account: string,
    imageStatus: ImageStatus[],
  ): AsyncGenerator<{ image: ImageRecord; tag: TagRecord }> {
    for await (const image of this.records.all(account, { imageStatus })) {
      for (const tag of image.image_detail) yield { image, tag };
    }
  }
}
