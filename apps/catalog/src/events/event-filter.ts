import { BadRequestException } from '@nestjs/common';

/** Which events are meant. All conditions must hold. */
export interface EventFilter {
  source_servicename?: string | undefined;
  source_hostid?: string | undefined;
  /** Exact, or with `*` for anything. */
  event_type?: string | undefined;
  resource_type?: string | undefined;
  resource_id?: string | undefined;
  level?: string | undefined;
  since?: Date | undefined;
  before?: Date | undefined;
}

const EQUALS = ['source_servicename', 'source_hostid', 'resource_type', 'resource_id'] as const;

/** The filter as a SQL condition; `parameters` are appended to those given. */
export function eventCondition(filter: EventFilter, parameters: unknown[]): string {
  const conditions: string[] = [];
  const add = (condition: (place: string) => string, value: unknown): void => {
    parameters.push(value);
    conditions.push(condition(`$${parameters.length}`));
  };
  for (const column of EQUALS) {
    const value = filter[column];
    if (value !== undefined) add((place) => `${column} = ${place}`, value);
  }
  if (filter.level !== undefined) add((place) => `level = ${place}`, filter.level.toLowerCase());
  if (filter.event_type !== undefined) add((place) => `type LIKE ${place}`, likePattern(filter.event_type));
  if (filter.since) add((place) => `timestamp > ${place}`, filter.since);
  if (filter.before) add((place) => `timestamp < ${place}`, filter.before);
  return conditions.map((condition) => ` AND ${condition}`).join('');
}

function likePattern(type: string): string {
  return type
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%');
}

/**
 * Reads a point in time of a query: ISO 8601 date or date and time; without offset it is UTC.
 *
 * @throws BadRequestException naming the parameter.
 */
export function parseTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text);
  if (match) {
    const [, date = '', time = '00:00', zone = 'Z'] = match;
    const value = new Date(`${date}T${time}${zone.toUpperCase()}`);
    if (!Number.isNaN(value.getTime())) return value;
  }
  throw new BadRequestException(
    `query parameter '${name}' must be a time like 2021-06-01T10:00:00Z, not ${JSON.stringify(text.slice(0, 60))}`,
  );
}
