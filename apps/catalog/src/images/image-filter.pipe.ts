import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { QueryList } from '../wire/query-list.pipe.js';
import { QueryText } from '../wire/query-text.pipe.js';
import type { ImageFilter, ImageStatus } from './image-records.js';

export interface ImageQuery extends ImageFilter {
  fulltag: string | undefined;
  history: boolean;
}

const ANALYSIS = ['not_analyzed', 'analyzing', 'analyzed', 'analysis_failed'] as const;
const PRODUCED: ImageStatus[] = ['active', 'deleting'];
/** Known to the API's description; no image has them. */
const NEVER = ['inactive', 'disabled', 'deleted'];

/** States of images in the query, comma separated; `all` is every one. Default `active`. */
@Injectable()
export class ImageStatusQuery implements PipeTransform<unknown, ImageStatus[]> {
  transform(value: unknown): ImageStatus[] {
    const wanted = new QueryList('image_status').transform(value);
    if (wanted.length === 0) return ['active'];
    if (wanted.includes('all')) return PRODUCED;
    const unknown = wanted.find((status) => ![...PRODUCED, ...NEVER].includes(status));
    if (unknown !== undefined) {
      throw new BadRequestException(`'${unknown}' is not one of all, ${[...PRODUCED, ...NEVER].join(', ')}`);
    }
    return PRODUCED.filter((status) => wanted.includes(status));
  }
}

/** The query of `GET /images` (api spec 2.4). */
@Injectable()
export class ImageQueryPipe implements PipeTransform<Record<string, unknown>, ImageQuery> {
  transform(query: Record<string, unknown>): ImageQuery {
    const status = new QueryText('analysis_status').transform(query['analysis_status']);
    const analysisStatus = ANALYSIS.find((known) => known === status);
    if (status !== undefined && analysisStatus === undefined) {
      throw new BadRequestException(`'${status}' is not one of ${ANALYSIS.join(', ')}`);
    }
    return {
      fulltag: new QueryText('fulltag').transform(query['fulltag']),
      history: new QueryBoolean('history', false).transform(query['history']),
      imageStatus: new ImageStatusQuery().transform(query['image_status']),
      analysisStatus,
    };
  }
}
