import { Secret } from '@kedge/config';
import { z } from 'zod';

/*
 * Fields of a driver's configuration, made for YAML that people and templates write: a key that is null, false or empty
 * counts as absent, `"true"` and `yes` are booleans, digits may stand in quotes. Every field has a description and a plain type
 * for `list-drivers`, which reads them from the schema (see `configKeys`).
 */

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === false || value === '';

const written = z.union([z.string(), z.number(), z.literal(false), z.null()], { error: 'must be a text' }).optional();

/** An optional text; undefined when absent. Numbers are texts too: a password of digits needs no quotes. */
export function textField(description: string) {
  return written
    .transform((value) => (isAbsent(value) ? undefined : String(value)))
    .meta({ description, type: 'string' });
}

/** An optional credential as a {@link Secret}; undefined when absent. */
export function secretField(description: string) {
  return written
    .transform((value) => (isAbsent(value) ? undefined : new Secret(String(value))))
    .meta({ description, type: 'string', writeOnly: true });
}

const flag = z.union(
  [z.boolean(), z.stringbool({ truthy: ['true', 'yes', '1'], falsy: ['false', 'no', '0', ''] }), z.null()],
  { error: 'must be true or false' },
);

/** A boolean. */
export function flagField(description: string, fallback: boolean) {
  return flag
    .transform((value) => value ?? fallback)
    .prefault(fallback)
    .meta({ description, type: 'boolean' });
}

/** A boolean whose default depends on other keys; undefined when absent. */
export function optionalFlagField(description: string) {
  return flag
    .optional()
    .transform((value) => value ?? undefined)
    .meta({ description, type: 'boolean' });
}

/** A number from `least` to `most`; whole unless `fraction`. */
export function numberField(
  description: string,
  { fallback, least, most, fraction }: { fallback: number; least: number; most: number; fraction?: boolean },
) {
  const error = `must be a ${fraction ? '' : 'whole '}number from ${least} to ${most}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d+(\.\d+)?$/)
          .transform(Number),
        z.null(),
      ],
      { error },
    )
    .transform((value) => value ?? fallback)
    .refine((value) => value >= least && value <= most && (fraction || Number.isInteger(value)), error)
    .prefault(fallback)
    .meta({ description, type: fraction ? 'number' : 'integer' });
}

/** One of several words, whatever their case in the file; undefined when absent. */
export function choiceField<const T extends string>(description: string, words: readonly T[]) {
  return written
    .transform((value, context) => {
      if (isAbsent(value)) return undefined;
      const found = words.find((word) => word.toLowerCase() === String(value).toLowerCase());
      if (!found) context.addIssue(`must be one of ${words.join(', ')}`);
      return found;
    })
    .meta({ description, type: 'string', enum: words });
}
