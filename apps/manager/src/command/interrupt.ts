import { EXIT } from './exit-code.js';

/**
 * A signal that fires on Ctrl-C or SIGTERM, so that a command can end in order. A second one ends the process at once; what
 * has to be put right then, such as the terminal, listens to the process's `exit`. `dispose` gives the process its default
 * behaviour back.
 *
 * @param onStop told of the first, to say that it was understood
 */
export function untilInterrupted(onStop?: () => void): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new Error('interrupted'));
    onStop?.();
  };
  const dispose = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, dispose };
}
