import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** What Nest tells about its own start, line by line; of interest to developers only. */
const NEST_CONTEXTS = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** Nest's log calls on pino. The last parameter of each is Nest's context, the class that logs. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...parameters: unknown[]): void => {
      const context = parameters.at(-1);
      const effective = level === 'info' && NEST_CONTEXTS.has(String(context)) ? 'debug' : level;
      const fields = typeof context === 'string' ? { context } : {};
      if (message instanceof Error) logger[effective]({ ...fields, err: message }, message.message);
      else logger[effective](fields, typeof message === 'string' ? message : JSON.stringify(message));
    };
  return {
    verbose: write('trace'),
    debug: write('debug'),
    log: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  };
}
