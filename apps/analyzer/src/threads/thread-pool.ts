import { availableParallelism, totalmem } from 'node:os';
import { AnalyzerError } from '../errors.js';
import { AnalysisThread } from './analysis-thread.js';

const MOST_THREADS = 16;
const LEAST_HEAP = 512;
const MOST_HEAP = 4096;

export interface ThreadPoolOptions {
  /** Default: one for each core, 16 at most. */
  size?: number;
  /** Megabytes of heap for one thread. Default: three quarters of the memory shared among them, 512 to 4096. */
  heapMegabytes?: number;
}

/** Analysis threads, started when needed. There are never more than `size`, so that is the bound on work and memory. */
export class ThreadPool {
  readonly size: number;
  private readonly heapMegabytes: number;
  private readonly idle: AnalysisThread[] = [];
  private readonly waiting: { go: () => void; fail: (reason: Error) => void }[] = [];
  private readonly running = new Set<AnalysisThread>();
  private taken = 0;
  private closed = false;

  constructor(options: ThreadPoolOptions = {}) {
    this.size = options.size ?? Math.min(availableParallelism(), MOST_THREADS);
    this.heapMegabytes = options.heapMegabytes ?? heapFor(this.size);
  }

  /** Threads at work. */
  get busy(): number {
    return this.running.size;
  }

  /**
   * Lends a thread for one piece of work. When the signal fires, or when the work fails and leaves the thread at its task,
   * the thread is ended; another takes its place.
   *
   * @throws what `work` throws; the signal's reason; AnalyzerError `thread_lost` after {@link close}
   */
  async use<T>(work: (thread: AnalysisThread) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.closed) throw closedError();
    await this.turn(signal);
    let thread: AnalysisThread | undefined;
    try {
      signal.throwIfAborted();
      thread = this.idle.pop() ?? new AnalysisThread(this.heapMegabytes);
      this.running.add(thread);
      return await this.workUntil(signal, thread, work);
    } finally {
      if (thread) {
        this.running.delete(thread);
        if (thread.usable && !this.closed) this.idle.push(thread);
        else await thread.terminate(closedError());
      }
      const next = this.waiting.shift();
      if (next) next.go();
      else this.taken -= 1;
    }
  }

  /** Ends all threads; work that is going on fails. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { fail } of this.waiting.splice(0)) fail(closedError());
    await Promise.all([...this.idle.splice(0), ...this.running].map((thread) => thread.terminate(closedError())));
  }

  private async workUntil<T>(
    signal: AbortSignal,
    thread: AnalysisThread,
    work: (thread: AnalysisThread) => Promise<T>,
  ): Promise<T> {
    const stop = (): void => void thread.terminate(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await work(thread);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Waits for one of the `size` places, first come, first served. */
  private async turn(signal: AbortSignal): Promise<void> {
    if (this.taken < this.size) {
      this.taken += 1;
      return;
    }
    signal.throwIfAborted();
    const { promise, resolve: go, reject: fail } = Promise.withResolvers<void>();
    const place = { go, fail };
    this.waiting.push(place);
    const leave = (): void => {
      const at = this.waiting.indexOf(place);
      if (at >= 0) this.waiting.splice(at, 1);
      if (at >= 0) fail(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', leave));
  }
}

function closedError(): AnalyzerError {
  return new AnalyzerError('thread_lost', 'the analyzer is stopping');
}

/** Memory of the machine or of its container. */
function heapFor(threads: number): number {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.round(Math.min(MOST_HEAP, Math.max(LEAST_HEAP, (bytes * 0.75) / threads / 1024 / 1024)));
}
