import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { Pool, PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import type { DataSource } from 'typeorm';

export interface StatementOptions {
  /**
   * Of a statement that runs very often: each connection parses and plans it once. A name stands for one text, everywhere.
   */
  name?: string;
}

/** What can be done on one connection. */
export interface SqlConnection {
  /** Rows of one statement, whatever its kind. `bigint` columns come as strings. */
  query<T = Record<string, unknown>>(sql: string, parameters?: unknown[], options?: StatementOptions): Promise<T[]>;
  /** Sends `source` to a `COPY ... FROM STDIN`; answers the number of rows. */
  copyIn(sql: string, source: Readable): Promise<number>;
}

/** Rows that a cursor fetches at a time. */
const BATCH = 500;

/**
 * SQL over the connection pool of a {@link DataSource}, for the statements that must be fast or large. Errors are those of
 * `pg`. The type fits the SQL port that storage drivers get.
 */
export class Sql implements SqlConnection {
  private readonly pool: Pool;

  constructor(dataSource: DataSource) {
    // `master` is typed `any`: TypeORM does not depend on the types of pg.
    this.pool = (dataSource.driver as unknown as { master: Pool }).master;
  }

  async query<T = Record<string, unknown>>(
    sql: string,
    parameters: unknown[] = [],
    { name }: StatementOptions = {},
  ): Promise<T[]> {
    const result = await this.pool.query({ text: sql, values: parameters, ...(name ? { name } : {}) });
    return result.rows as T[];
  }

  /** Runs `work` in one transaction on one connection; an error rolls back and is thrown. */
  async transaction<T>(work: (tx: SqlConnection) => Promise<T>): Promise<T> {
    return this.connection(async (connection, client) => {
      await client.query('BEGIN');
      try {
        const result = await work(connection);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that cannot roll back is broken; the first error says why.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /** Runs `work` on one connection of the pool, for session state such as advisory locks. */
  async connection<T>(work: (connection: SqlConnection, client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      return await work(new ClientConnection(client), client);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /**
   * Rows through a cursor, in constant memory: one batch is fetched while the one before it is used. Ends the statement
   * when the consumer stops early.
   */
  async *stream<T = Record<string, unknown>>(sql: string, parameters: unknown[] = []): AsyncGenerator<T> {
    const client = await this.pool.connect();
    // A cursor waits for ever on a connection that was closed between two batches.
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => undefined); // of no concern once the rows are read
    client.on('error', lost.reject);
    const inTime = <R>(answer: Promise<R>): Promise<R> => Promise.race([answer, lost.promise]);
    const cursor = client.query(new Cursor<T>(sql, parameters));
    let broken = false;
    try {
      let next = cursor.read(BATCH);
      for (let rows = await inTime(next); rows.length > 0; rows = await inTime(next)) {
        next = cursor.read(BATCH);
        next.catch(() => undefined); // thrown above, unless the consumer stops before
        yield* rows;
      }
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      if (!broken) await inTime(cursor.close()).catch(() => (broken = true));
      client.off('error', lost.reject);
      client.release(broken);
    }
  }

  /**
   * The output of a `COPY ... TO STDOUT`, piece by piece as the server sends it; the connection is taken until the last
   * one. In the binary format bytes come as they are, while results of a query have them in hexadecimal digits.
   */
  async *copyOut(sql: string): AsyncGenerator<Buffer> {
    const client = await this.pool.connect();
    let ended = false;
    try {
      yield* client.query(copyTo(sql)) as AsyncIterable<Buffer>;
      ended = true;
    } finally {
      client.release(!ended); // the server would go on sending
    }
  }

  async copyIn(sql: string, source: Readable): Promise<number> {
    return this.connection((connection) => connection.copyIn(sql, source));
  }
}

class ClientConnection implements SqlConnection {
  constructor(private readonly client: PoolClient) {}

  async query<T = Record<string, unknown>>(
    sql: string,
    parameters: unknown[] = [],
    { name }: StatementOptions = {},
  ): Promise<T[]> {
    const result = await this.client.query({ text: sql, values: parameters, ...(name ? { name } : {}) });
    return result.rows as T[];
  }

  async copyIn(sql: string, source: Readable): Promise<number> {
    const copy = this.client.query(copyFrom(sql));
    await pipeline(source, copy);
    return copy.rowCount;
  }
}
