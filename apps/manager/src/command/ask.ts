import { createInterface } from 'node:readline/promises';

/** The question before everything that needs the services stopped. */
export const STOPPED_PROMPT =
  'Performing this operation requires *all* anchore-engine services to be stopped - proceed? (y/N)';

/** Asks on stdout. Only `y` and `yes`, in any case and with blanks around, mean yes; the end of the input means no. */
export async function ask(prompt: string): Promise<boolean> {
  process.stdout.write(prompt);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
    return false;
  } finally {
    lines.close();
    process.stdout.write('\n');
  }
}
