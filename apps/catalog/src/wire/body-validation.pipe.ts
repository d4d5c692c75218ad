import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { createZodValidationPipe } from 'nestjs-zod';
import { ZodError, type z } from 'zod';

/**
 * Checks bodies that are declared as classes of `createZodDto`. A fault is a 400 problem whose text clients know, e.g.
 * `'id' is a required property` (api spec 1.4).
 */
export const BodyValidationPipe: new () => PipeTransform = createZodValidationPipe({
  createValidationException: (error) => new BadRequestException(describeFault(error)),
});

function describeFault(error: unknown): string {
  const issue = error instanceof ZodError ? error.issues[0] : undefined;
  if (!issue) return 'the body is not valid';
  const path = issue.path.map(String);
  if (isMissing(issue)) {
    const parent = path.slice(0, -1);
    const text = path.length > 0 ? `'${path.at(-1)}' is a required property` : 'the request needs a body';
    return parent.length > 0 ? `${text} - '${parent.join('.')}'` : text;
  }
  return path.length > 0 ? `${issue.message} - '${path.join('.')}'` : issue.message;
}

/** zod says of an absent key that its type is wrong and that `undefined` was found; the message is the only witness. */
function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}
