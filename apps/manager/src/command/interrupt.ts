/**
 * A signal that fires on Ctrl-C or SIGTERM, so that a command can end in order. A second Ctrl-C ends the process at once.
 * `dispose` gives the process its default behaviour back.
 */
export function untilInterrupted(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    dispose();
    controller.abort(new Error('interrupted'));
  };
  const dispose = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, dispose };
}
