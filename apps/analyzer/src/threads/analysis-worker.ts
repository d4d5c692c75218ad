/** The program of an analysis thread: does one task after another, as {@link Task} says. */
import { AnalysisError } from '@kedge/analysis';
import { parentPort } from 'node:worker_threads';
import { analyseLayer } from './layer-task.js';
import { mergeImage, StoredInventoryError } from './image-task.js';
import type { Reply, Task, WireError } from './tasks.js';

const port = parentPort;
if (!port) throw new Error('this program runs as a worker thread');

const reply = (message: Reply): void => port.postMessage(message);

port.on('message', (task: Task) => void run(task));

async function run(task: Task): Promise<void> {
  try {
    const onResult = (result: Extract<Reply, { kind: 'result' }>['result']) => reply({ kind: 'result', result });
    await (task.kind === 'layer' ? analyseLayer(task, onResult) : mergeImage(task, onResult));
    reply({ kind: 'done' });
  } catch (error) {
    reply({ kind: 'failed', error: wireError(error) });
  }
}

function wireError(error: unknown): WireError {
  return {
    code: error instanceof AnalysisError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
    ...(error instanceof StoredInventoryError ? { damagedLayer: error.diffId } : {}),
  };
}
