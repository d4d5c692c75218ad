import type { DestinationStream } from 'pino';

/** Turns JSON log lines into `10:31:02 WARN catalog: message {"key":"value"}` for people at a terminal. */
export function readableLines(target: DestinationStream): DestinationStream {
  return { write: (line) => target.write(`${readable(line)}\n`) };
}

function readable(line: string): string {
  const { time, level, service, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const { stack, message } = (err ?? {}) as { stack?: unknown; message?: unknown };
  const details = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  const trace = typeof stack === 'string' ? `\n${stack}` : typeof message === 'string' ? ` (${message})` : '';
  const text = typeof msg === 'string' ? msg : '';
  return `${String(time).slice(11, 19)} ${String(level).toUpperCase()} ${String(service)}: ${text}${details}${trace}`;
}
