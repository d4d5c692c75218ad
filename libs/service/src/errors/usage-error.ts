/** A program was called in a way that it does not understand. The message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The user stopped the program (Ctrl-C) before it was done. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(message = 'interrupted') {
    super(message);
  }
}
