import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';

/** Characters handed over at once. */
const BATCH = 64 * 1024;

/** An answer that is a JSON array, written while its items are found: no more of it is held than one batch. */
export function jsonArrayFile<T>(items: AsyncIterable<T>, view: (item: T) => unknown): StreamableFile {
  return new StreamableFile(Readable.from(arrayText(items, view), { objectMode: false }), {
    type: 'application/json; charset=utf-8',
  });
}

/** Pieces of the JSON text of an array. */
export async function* arrayText<T>(items: AsyncIterable<T>, view: (item: T) => unknown): AsyncGenerator<string> {
  let batch = '[';
  let separator = '';
  for await (const item of items) {
    batch += separator + JSON.stringify(view(item));
    separator = ',';
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  yield `${batch}]`;
}
