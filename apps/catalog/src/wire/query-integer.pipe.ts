import { BadRequestException, type PipeTransform } from '@nestjs/common';

/** A whole number in the query, within bounds. Absent or empty gives the default; anything else is a 400 problem. */
export class QueryInteger<D extends number | undefined = number> implements PipeTransform<unknown, number | D> {
  constructor(
    private readonly name: string,
    private readonly bounds: { fallback: D; min: number; max: number },
  ) {}

  transform(value: unknown): number | D {
    const { fallback, min, max } = this.bounds;
    if (value === undefined || value === '') return fallback;
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new BadRequestException(
      `Wrong type, expected 'integer' from ${min} to ${max} for query parameter '${this.name}'`,
    );
  }
}
