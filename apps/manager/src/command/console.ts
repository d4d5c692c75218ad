import Table from 'cli-table3';

/** What may stand in a table. */
export type Cell = string | number | boolean | null | undefined;

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** Columns apart by two blanks, without rules: readable by people and by awk. */
const PLAIN = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'
    .split(' ')
    .map((place) => [place, '']),
);

/** What the user sees. stdout carries results only, so it can be piped; log lines go to stderr in the old tool's form. */
export class Console {
  constructor(private readonly flags: () => { debug: boolean; json: boolean }) {}

  get json(): boolean {
    return this.flags().json;
  }

  /** A result. With `--json` the value, else the text. */
  result(value: unknown, text: string): void {
    this.write(this.json ? JSON.stringify(value, null, 4) : text);
  }

  /** A line on stdout. */
  write(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** `[MainThread] [anchore_manager.cli.<module>/<where>()] [LEVEL] <message>` on stderr. */
  log(level: LogLevel, module: string, where: string, message: string): void {
    if (level === 'DEBUG' && !this.flags().debug) return;
    process.stderr.write(`[MainThread] [anchore_manager.cli.${module}/${where}()] [${level}] ${message}\n`);
  }

  error(message: string): void {
    const text = this.json ? JSON.stringify({ message }, null, 4) : `Error: ${message}`;
    process.stderr.write(`${text}\n`);
  }

  /** A table of plain columns; cells that are null or undefined show as `None`. */
  table(header: string[], rows: Cell[][]): string {
    const table = new Table({
      head: header,
      chars: { ...PLAIN, middle: '  ' },
      style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    });
    for (const row of rows) table.push(row.map((cell) => String(cell ?? 'None')));
    return table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n');
  }
}
