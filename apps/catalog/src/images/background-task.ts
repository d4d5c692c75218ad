import type { ServiceContext } from '@kedge/service';
import { createHash } from 'node:crypto';

export interface BackgroundTaskOptions {
  /** For logs; tasks of one name exclude each other in all processes on the database. */
  name: string;
  firstMs: number;
  periodMs: number;
  /** Ends early when the signal fires. */
  work: (signal: AbortSignal) => Promise<void>;
}

/**
 * Work that is done again and again, by one process at a time: a run takes an advisory lock of PostgreSQL and leaves it to
 * whoever holds it otherwise. A failed run is logged; the next one comes.
 */
export class BackgroundTask {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    private readonly context: ServiceContext,
    private readonly options: BackgroundTaskOptions,
  ) {}

  start(): void {
    this.schedule(this.options.firstMs);
  }

  /** Waits for the run at hand, which ends early. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  /** One run. False when another process is at it. */
  async run(): Promise<boolean> {
    return this.context.sql.connection(async (connection) => {
      const [row] = await connection.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock($1::bigint) AS locked`, [
        lockKey(this.options.name),
      ]);
      if (!row?.locked) return false;
      try {
        await this.options.work(this.stopping.signal);
      } finally {
        await connection.query(`SELECT pg_advisory_unlock($1::bigint)`, [lockKey(this.options.name)]);
      }
      return true;
    });
  }

  private schedule(delayMs: number): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.running = this.run()
        .then(
          () => undefined,
          (error: Error) =>
            this.context.logger.warn({ task: this.options.name, reason: error.message }, 'a task failed; trying again'),
        )
        .finally(() => this.schedule(this.options.periodMs));
    }, delayMs);
    this.timer.unref();
  }
}

/** 64 bits of the name's digest, as the text of a bigint. */
function lockKey(name: string): string {
  return createHash('sha256').update(`kedge task ${name}`).digest().readBigInt64BE().toString();
}
