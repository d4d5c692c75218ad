import { inspect } from 'node:util';

const MASK = '***';

/**
 * A value that cannot print itself: its string, JSON and `util.inspect` forms are `***`.
 * Only {@link Secret.reveal} gives the text, so every use of a credential can be found by that word.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret in clear. Hand it straight to the client that needs it; never store or log it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
