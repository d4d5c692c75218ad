import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';

/** Bytes of one message. Large, because each is a hop between threads. */
const BLOCK = 256 * 1024;
/** Bytes on their way that the other side has not taken yet. */
const WINDOW = 4 * 1024 * 1024;

type FromSender = { bytes: Uint8Array<ArrayBuffer> } | { end: true } | { error: string };
/** Number of bytes that were taken. */
type FromReceiver = number;

/**
 * Sends a stream to {@link receiveBytes} at the other end of the channel, in another thread: the memory is handed over, not
 * copied between threads, and at most 4 MiB are on their way. An error of the source ends the stream there with its message
 * and is thrown here.
 *
 * When the receiver goes away early, the rest of the source is read and dropped: then the source can still object to its
 * own bytes. Destroy the source to prevent that.
 *
 * @returns number of bytes sent or dropped
 */
export async function sendBytes(port: MessagePort, source: AsyncIterable<Uint8Array | string>): Promise<number> {
  let onTheWay = 0;
  let closed = false;
  let wake: () => void = () => undefined;
  port.on('message', (taken: FromReceiver) => {
    onTheWay -= taken;
    wake();
  });
  port.once('close', () => {
    closed = true;
    wake();
  });
  const send = (message: FromSender, transfer: ArrayBuffer[] = []): void => {
    if (!closed) port.postMessage(message, transfer);
  };
  let total = 0;
  try {
    for await (const bytes of blocks(source)) {
      while (onTheWay >= WINDOW && !closed) await new Promise<void>((resolve) => (wake = resolve));
      total += bytes.length;
      onTheWay += bytes.length;
      if (!closed) send({ bytes }, [bytes.buffer]);
      // A source that never waits must not keep everybody else from noticing why the receiver went.
      else await setImmediate();
    }
    send({ end: true });
    return total;
  } catch (error) {
    send({ error: (error as Error).message });
    throw error;
  } finally {
    // The receiver closes the channel once it has seen the end; until then the messages are not lost.
    if (!closed) port.unref();
  }
}

/** The stream that {@link sendBytes} sends. Destroying it tells the sender. */
export function receiveBytes(port: MessagePort): Readable {
  let taken = 0;
  let ended = false;
  const acknowledge = (): void => {
    if (taken > 0) port.postMessage(taken satisfies FromReceiver);
    taken = 0;
  };
  // Object mode hands on the blocks as they came; else reading would copy all that waits into one buffer.
  const stream = new Readable({
    objectMode: true,
    highWaterMark: 2,
    read: acknowledge,
    destroy(error, done) {
      port.close();
      done(error);
    },
  });
  port.on('message', (message: FromSender) => {
    if ('bytes' in message) {
      taken += message.bytes.length;
      const { buffer, byteOffset, length } = message.bytes;
      if (stream.push(Buffer.from(buffer, byteOffset, length))) acknowledge();
    } else if ('end' in message) {
      ended = true;
      stream.push(null);
    } else {
      stream.destroy(new Error(message.error));
    }
  });
  port.once('close', () => {
    if (!ended && !stream.destroyed) stream.destroy(new Error('the thread that sends ended before the stream'));
  });
  return stream;
}

/** The same bytes in blocks of memory of their own, which can be handed over. */
async function* blocks(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let block = newBlock();
  let filled = 0;
  for await (const chunk of source) {
    let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    while (rest.length > 0) {
      const part = rest.subarray(0, BLOCK - filled);
      block.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled < BLOCK) continue;
      yield block;
      block = newBlock();
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** Memory that no other buffer shares; what is in it is overwritten before it is sent. */
function newBlock(): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(BLOCK);
}
