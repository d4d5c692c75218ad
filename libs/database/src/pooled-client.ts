import { Client, type ClientConfig } from 'pg';

/**
 * A connection of a pool that can break at any moment without ending the process.
 *
 * A pool listens for the errors of a connection only while it is idle. One that the server closes between being taken
 * and its first statement, or between two batches of a cursor, would raise an `error` event that nobody hears, which
 * Node.js answers by ending the process. The listener here has nothing to tell: the next statement on the connection
 * fails with the reason, and the pool drops what is broken when it comes back.
 */
export class PooledClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
