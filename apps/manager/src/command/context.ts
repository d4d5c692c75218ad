import type { Console } from './console.js';

/** What every command gets. */
export interface CommandContext {
  console: Console;
  environment: NodeJS.ProcessEnv;
  /** Value of `--configdir`; only valid once the arguments are parsed. */
  configDirectory: () => string;
}
