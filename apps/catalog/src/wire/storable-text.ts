import { z } from 'zod';

/** A text for a column of the database, which holds every character but NUL. */
export function storableText(limits: { min?: number; max: number }) {
  return z
    .string()
    .min(limits.min ?? 0)
    .max(limits.max)
    .refine((text) => !text.includes('\0'), 'must not hold a NUL character');
}
