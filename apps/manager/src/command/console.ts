import Table from 'cli-table3';
import { wrapped } from './wrap.js';

/** What may stand in a table. */
export type Cell = string | number | boolean | null | undefined;

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

const GAP = 2;
/** No column of a table that has to be made narrower gets less, as far as it had more. */
const NARROWEST = 8;

/** Columns apart by two blanks, without rules: readable by people and by awk. */
const PLAIN = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'
    .split(' ')
    .map((place) => [place, '']),
);

/**
 * What the user sees. stdout carries results only, so it can be piped; log lines go to stderr in the old tool's form. With
 * `--json` stdout is one JSON document, whatever happens: the result, or `{"message": ...}` of what went wrong.
 */
export class Console {
  private answered = false;

  /** @param room for a line, in characters: the width of the terminal; no limit when results do not go to one */
  constructor(
    private readonly flags: () => { debug: boolean; json: boolean },
    private readonly room = terminalWidth(),
  ) {}

  get json(): boolean {
    return this.flags().json;
  }

  /** A result. With `--json` the value, else the text. */
  result(value: unknown, text: string): void {
    this.write(this.json ? JSON.stringify(value, null, 4) : text);
  }

  /**
   * Results that may be very many, as they come and no faster than they are read: with `--json` the elements of one array,
   * else a line each. When they break off the last element is `{"error": "..."}`.
   *
   * @throws what `values` throws
   */
  async results<T>(values: AsyncIterable<T>, line: (value: T) => string): Promise<void> {
    let separator = '[\n';
    const element = (value: unknown): void => {
      this.write(`${separator}${JSON.stringify(value)}`, '');
      separator = ',\n';
    };
    try {
      for await (const value of values) {
        if (process.stdout.errored) return; // nobody reads on
        if (this.json) element(value);
        else this.write(line(value));
        if (process.stdout.writableNeedDrain) await readOn(process.stdout);
      }
    } catch (error) {
      // Before the first element the caller answers with the error alone.
      if (!this.json || separator === '[\n') throw error;
      element({ error: (error as Error).message });
      this.write('\n]');
      throw error;
    }
    if (this.json) this.write(separator === '[\n' ? '[]' : '\n]');
  }

  /** Text on stdout, a line as a rule. */
  write(text: string, end = '\n'): void {
    this.answered = true;
    process.stdout.write(`${text}${end}`);
  }

  /** `[MainThread] [anchore_manager.cli.<module>/<where>()] [LEVEL] <message>` on stderr. */
  log(level: LogLevel, module: string, where: string, message: string): void {
    if (level === 'DEBUG' && !this.flags().debug) return;
    process.stderr.write(`[MainThread] [anchore_manager.cli.${module}/${where}()] [${level}] ${message}\n`);
  }

  error(message: string): void {
    process.stderr.write(`Error: ${message}\n`);
    this.answerWith(message);
  }

  /** With `--json`, the message of an error that was printed already, as the document that a program waits for. */
  answerWith(message: string): void {
    if (this.json && !this.answered) this.result({ message }, message);
  }

  /**
   * A table of plain columns; cells that are null or undefined show as `None`.
   *
   * @param options.indent blanks in front of each line
   * @param options.narrow what to print instead on a terminal that is too narrow; by default the widest columns get several
   *   lines a cell
   */
  table(header: string[], rows: Cell[][], options: { indent?: number; narrow?: () => string } = {}): string {
    const { indent = 0, narrow } = options;
    const room = this.room - indent;
    const lines = [header, ...rows.map((row) => row.map((cell) => String(cell ?? 'None')))];
    const widths = columnWidths(lines);
    if (narrow && lineWidth(widths) > room) return narrow();
    shrink(widths, room);
    const table = new Table({
      chars: { ...PLAIN, middle: ' '.repeat(GAP) },
      style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    });
    table.push(...lines.map((line) => line.map((cell, column) => wrapped(cell, widths[column] ?? Infinity))));
    return trimmed(table.toString(), indent);
  }

  /** Text in lines that fit. */
  wrapped(text: string): string {
    return wrapped(text, this.room);
  }

  /**
   * Facts with their names in front. On a terminal, text that does not fit beside its name has several lines, and a single
   * long word - a digest, a place - stands whole below it.
   */
  facts(facts: readonly (readonly [name: string, value: Cell])[]): string {
    const indent = Math.max(...facts.map(([name]) => name.length)) + GAP;
    const room = this.room - indent;
    const lines = facts.flatMap(([name, value]) => {
      const text = String(value ?? 'None');
      if (text.split(/\s/).some((word) => word.length > room)) return [name, `${' '.repeat(GAP)}${text}`];
      const [first = '', ...more] = wrapped(text, room).split('\n');
      return [name.padEnd(indent) + first, ...more.map((line) => ' '.repeat(indent) + line)];
    });
    return trimmed(lines.join('\n'));
  }
}

/** How long the longest line of each column's cells is. */
function columnWidths(lines: string[][]): number[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) {
      for (const part of cell.split('\n')) widths[column] = Math.max(widths[column] ?? 0, part.length);
    }
  }
  return widths;
}

function lineWidth(widths: number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

/** Takes from the widest columns until a line has room. */
function shrink(widths: number[], room: number): void {
  for (let excess = lineWidth(widths) - room; excess > 0; excess -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

/** Resolves when what was written has been read, or nobody is going to read it. */
function readOn(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const ends = ['drain', 'error', 'close'];
    const done = (): void => {
      for (const end of ends) stream.off(end, done);
      resolve();
    };
    for (const end of ends) stream.on(end, done);
  });
}

function terminalWidth(): number {
  // A terminal that does not tell its width says 0.
  return process.stdout.isTTY ? process.stdout.columns || 80 : Infinity;
}

function trimmed(text: string, indent = 0): string {
  return text
    .split('\n')
    .map((line) => (' '.repeat(indent) + line).trimEnd())
    .join('\n');
}
