import type { KedgeConfig } from '@kedge/config';
import { pino, type DestinationStream, type Level, type Logger } from 'pino';
import { readableLines } from './readable-lines.js';

const LEVELS: Readonly<Record<KedgeConfig['log_level'], Level>> = {
  FATAL: 'fatal',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  SPEW: 'trace',
};

/** Never logged, whoever passes the object. `Secret` values mask themselves; this is for texts. */
const CREDENTIALS = ['password', 'registry_pass', 'webhook_pass', 'token', 'authorization', 'cookie', 'secret'];
const REDACTED = CREDENTIALS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.headers["${key}"]`]);

/**
 * The logger of a program. All log lines go to stderr, so that stdout belongs to results: one JSON object a line, or one
 * readable line when stderr is a terminal.
 *
 * @param destination instead of stderr, for tests.
 */
export function createLogger(
  options: { name: string; level: KedgeConfig['log_level'] },
  destination?: DestinationStream,
): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  const target = destination ?? (process.stderr.isTTY ? readableLines(stderr) : stderr);
  return pino(
    {
      base: { service: options.name },
      level: LEVELS[options.level],
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '***' },
    },
    target,
  );
}
