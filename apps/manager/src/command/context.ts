import type { Console } from './console.js';

/** What every command gets. */
export interface CommandContext {
  console: Console;
  environment: NodeJS.ProcessEnv;
  /**
   * The configuration file of the installation: `--config`, else config.yaml in `--configdir`. Only valid once the arguments
   * are parsed.
   */
  configFile: () => { path: string; given: boolean };
}
