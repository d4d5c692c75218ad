import type { Command } from 'commander';

/** What the help of a command says below its options. */
export interface HelpNotes {
  /** Command lines without the program's name. */
  examples: string[];
  /** What each exit code means, if there is more to say than 0 for success and 2 for wrong usage. */
  exitCodes?: Record<number, string>;
  /** Lines of up to 80 characters. */
  more?: string[];
}

/** Adds them; answers the command. */
export function addHelpNotes(command: Command, { examples, exitCodes = {}, more = [] }: HelpNotes): Command {
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`);
  const sections = [
    more,
    ['Examples:', ...examples.map((example) => `  anchore-manager ${example}`)],
    codes.length > 0 ? ['Exit codes:', ...codes] : [],
  ];
  const text = sections.filter(({ length }) => length > 0).map((lines) => lines.join('\n'));
  return command.addHelpText('after', `\n${text.join('\n\n')}`);
}
