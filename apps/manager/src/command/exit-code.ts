/** Ends the program with this exit code after everything was said; `message` is one more line of error, or empty. */
export class ExitCode extends Error {
  override readonly name = 'ExitCode';

  constructor(
    readonly code: number,
    message = '',
  ) {
    super(message);
  }
}

/** Exit codes that the documentation promises (storage spec 5.5). */
export const EXIT = { incomplete: 1, usage: 2, objectStore: 5, interrupted: 130 } as const;
