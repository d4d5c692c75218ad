import { BadRequestException, type PipeTransform } from '@nestjs/common';

/**
 * A boolean in the query, in any letter case: clients send `true` as well as `True` (api spec 1.2). Absent or empty gives
 * the default; anything else is a 400 problem.
 *
 * ```ts
 * list(@Query('detail', new QueryBoolean('detail', true)) detail: boolean)
 * ```
 */
export class QueryBoolean<D extends boolean | undefined = boolean> implements PipeTransform<unknown, boolean | D> {
  constructor(
    private readonly name: string,
    private readonly fallback: D,
  ) {}

  transform(value: unknown): boolean | D {
    if (value === undefined || value === '') return this.fallback;
    const text = typeof value === 'string' ? value.toLowerCase() : '';
    if (text === 'true') return true;
    if (text === 'false') return false;
    throw new BadRequestException(`Wrong type, expected 'boolean' for query parameter '${this.name}'`);
  }
}
