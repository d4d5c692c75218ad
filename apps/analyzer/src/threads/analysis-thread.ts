import { join } from 'node:path';
import { Worker, type MessagePort } from 'node:worker_threads';
import { AnalyzerError, fromWire } from '../errors.js';
import type { ImageResult, ImageTask, LayerResult, LayerTask, Reply, Task } from './tasks.js';

/** The compiled program, or its source where the sources themselves are run. */
const PROGRAM = join(__dirname, `analysis-worker${__filename.endsWith('.ts') ? '.ts' : '.js'}`);

/** A task that a thread is doing. */
export interface RunningTask<R> {
  /** What the task found; streams may still be going on. Rejects with AnalysisError, DamagedInventoryError or AnalyzerError. */
  result: Promise<R>;
  /** The thread is free again. Rejects like `result`. */
  done: Promise<void>;
}

interface Waiting {
  onResult: (result: LayerResult | ImageResult) => void;
  onDone: () => void;
  onFailed: (error: Error) => void;
}

/** One worker thread. It does one task at a time and may die, which fails the task and nothing else. */
export class AnalysisThread {
  private readonly worker: Worker;
  private waiting: Waiting | undefined;
  private ended = false;

  /** `heapMegabytes` bounds what a hostile image can make the thread hold. */
  constructor(private readonly heapMegabytes: number) {
    this.worker = new Worker(PROGRAM, {
      env: { ...process.env },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    this.worker.on('message', (reply: Reply) => this.onReply(reply));
    this.worker.on('error', (error) => this.end(this.deathReason(error)));
    this.worker.on('exit', () => this.end(new AnalyzerError('thread_lost', 'the analysis thread ended unexpectedly')));
    this.worker.unref();
  }

  /** True when it can take another task. */
  get usable(): boolean {
    return !this.ended && this.waiting === undefined;
  }

  run(task: LayerTask, transfer: MessagePort[]): RunningTask<LayerResult>;
  run(task: ImageTask, transfer: MessagePort[]): RunningTask<ImageResult>;
  run(task: Task, transfer: MessagePort[]): RunningTask<LayerResult | ImageResult> {
    if (!this.usable) throw new AnalyzerError('thread_lost', 'the analysis thread is not free');
    const result = Promise.withResolvers<LayerResult | ImageResult>();
    const done = Promise.withResolvers<void>();
    // Whoever waits for one of them only must not be blamed for not handling the other.
    result.promise.catch(() => undefined);
    done.promise.catch(() => undefined);
    this.waiting = {
      onResult: result.resolve,
      onDone: done.resolve,
      onFailed: (error) => {
        result.reject(error);
        done.reject(error);
      },
    };
    this.worker.ref();
    this.worker.postMessage(task, transfer);
    return { result: result.promise, done: done.promise };
  }

  /** Ends the thread whatever it is doing; its task rejects with `reason`. */
  async terminate(reason: Error): Promise<void> {
    this.end(reason);
    await this.worker.terminate();
  }

  private onReply(reply: Reply): void {
    const waiting = this.waiting;
    if (!waiting) return;
    if (reply.kind === 'result') {
      waiting.onResult(reply.result);
      return;
    }
    this.waiting = undefined;
    this.worker.unref();
    if (reply.kind === 'done') waiting.onDone();
    else waiting.onFailed(fromWire(reply.error));
  }

  private end(reason: Error): void {
    this.ended = true;
    this.waiting?.onFailed(reason);
    this.waiting = undefined;
  }

  private deathReason(error: unknown): Error {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') {
      return new AnalyzerError('thread_lost', `the analysis thread died: ${(error as Error).message}`, error);
    }
    return new AnalyzerError(
      'out_of_memory',
      `the analysis needs more than the ${this.heapMegabytes} MB of memory that one thread may use; ` +
        'give the analyzer more memory',
      error,
    );
  }
}
