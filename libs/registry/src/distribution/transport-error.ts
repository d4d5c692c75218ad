/** A request that must not be sent, or one that timed out or was cut; `code` is like that of a Node system error. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly code: 'TIMEOUT' | 'PLAIN_HTTP' | 'INTERNAL_ADDRESS' | 'TOO_MANY_REDIRECTS' | 'BAD_URL',
    message: string,
  ) {
    super(message);
  }
}
