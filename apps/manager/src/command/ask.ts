import { createInterface } from 'node:readline/promises';
import type { Console } from './console.js';

/** The question before everything that needs the services stopped. */
export const STOPPED_PROMPT =
  'Performing this operation requires *all* anchore-engine services to be stopped - proceed? (y/N)';

/**
 * Asks on stdout, with `--json` on stderr. Only `y` and `yes`, in any case and with blanks around, mean yes; the end of the
 * input means no, and is told, because a script that forgot --dontask would take its exit code for success.
 */
export async function ask(console: Console, prompt: string): Promise<boolean> {
  const stream = console.json ? process.stderr : process.stdout;
  stream.write(prompt);
  const lines = createInterface({ input: process.stdin, terminal: false });
  let answer: string | undefined;
  try {
    for await (const line of lines) {
      answer = line;
      break;
    }
  } finally {
    lines.close();
    stream.write('\n');
  }
  if (answer === undefined) {
    console.log('WARN', 'utils', 'ask', 'nobody answered, which means no; --dontask leaves the question out');
  }
  return /^\s*y(es)?\s*$/i.test(answer ?? '');
}
