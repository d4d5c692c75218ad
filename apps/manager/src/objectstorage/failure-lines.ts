import type { MigrationReport } from '@kedge/migration';

/** Why objects of a migration failed, with an example of each reason: lines to print. */
export function failureLines(failures: MigrationReport['failures']): string[] {
  return failures.flatMap(({ code, objects, example, message }) => [
    `${objects} x ${code}`,
    `    e.g. ${example}`,
    `    ${message}`,
  ]);
}
