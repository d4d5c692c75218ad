import { BadRequestException, type PipeTransform } from '@nestjs/common';

const MAX_CHARACTERS = 2048;

/** A text in the query; absent or empty is undefined. Given twice, with a NUL in it or too long, it is a 400 problem. */
export class QueryText implements PipeTransform<unknown, string | undefined> {
  constructor(private readonly name: string) {}

  transform(value: unknown): string | undefined {
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' && value.length <= MAX_CHARACTERS && !value.includes('\0')) return value;
    throw new BadRequestException(
      `Wrong type, expected one 'string' of at most ${MAX_CHARACTERS} characters for query parameter '${this.name}'`,
    );
  }
}
