import { text } from 'node:stream/consumers';
import { runManager } from '../manager.js';

/** Stands behind the output of each command on both streams, followed by the exit code. */
export const END = '\u0000';

/** A program that runs one command line of the manager after the other; stdin has them as JSON, a list of arguments each. */
async function main(): Promise<void> {
  const lines = JSON.parse(await text(process.stdin)) as string[][];
  for (const argv of lines) {
    const code = await runManager(argv);
    for (const stream of [process.stdout, process.stderr]) stream.write(`${END}${code}\n`);
  }
}

if (require.main === module) void main().then(() => process.exit(0));
