import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { QueryText } from '../wire/query-text.pipe.js';
import type { CheckOptions } from './evaluations.service.js';

/** The query of a check. An empty `policyId` is none: scripts send it for "the active one". */
@Injectable()
export class CheckQuery implements PipeTransform<Record<string, unknown>, CheckOptions> {
  transform(query: Record<string, unknown>): CheckOptions {
    const flag = (name: string, fallback: boolean): boolean => new QueryBoolean(name, fallback).transform(query[name]);
    const tag = new QueryText('tag').transform(query['tag']);
    if (tag === undefined) throw new BadRequestException(`Missing query parameter 'tag'`);
    return {
      tag,
      policyId: new QueryText('policyId').transform(query['policyId']),
      detail: flag('detail', true),
      history: flag('history', false),
      interactive: flag('interactive', false),
      newestOnly: flag('newest_only', false),
    };
  }
}
