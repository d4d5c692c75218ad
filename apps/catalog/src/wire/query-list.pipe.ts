import { BadRequestException, type PipeTransform } from '@nestjs/common';

const MAX_ITEMS = 1000;

/** A comma separated list in the query, also given as a repeated parameter. Absent: an empty list. At most 1000 items. */
export class QueryList implements PipeTransform<unknown, string[]> {
  constructor(private readonly name: string) {}

  transform(value: unknown): string[] {
    const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
    const items = texts.flatMap((text) => text.split(',')).map((item) => item.trim());
    const given = items.filter((item) => item !== '');
    if (given.length <= MAX_ITEMS) return given;
    throw new BadRequestException(`query parameter '${this.name}' holds more than ${MAX_ITEMS} items`);
  }
}
