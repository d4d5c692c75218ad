import { Readable } from 'node:stream';

/** A JSON object whose entries are made one by one while it is written. May hold further ones as values. */
export class StreamedObject {
  constructor(readonly entries: () => Iterable<[string, unknown]>) {}
}

/** A JSON array, likewise. */
export class StreamedArray {
  constructor(readonly items: () => Iterable<unknown>) {}
}

/** Characters handed over at once. */
const BATCH = 64 * 1024;

/** Streamed object of fixed members; undefined ones are left out. */
export function members(object: Record<string, unknown>): StreamedObject {
  return new StreamedObject(() => Object.entries(object));
}

/** JSON text of a value (RFC 8259) as a byte stream; at no time more than one entry and one batch exist as text. */
export function jsonStream(value: unknown): Readable {
  return Readable.from(batches(jsonText(value)), { objectMode: false });
}

/** Pieces of the JSON text of a value. */
export function* jsonText(value: unknown): Generator<string> {
  if (value instanceof StreamedObject) {
    let separator = '{';
    for (const [key, member] of value.entries()) {
      if (member === undefined) continue;
      yield `${separator}${JSON.stringify(key)}:`;
      separator = ',';
      yield* jsonText(member);
    }
    yield separator === '{' ? '{}' : '}';
  } else if (value instanceof StreamedArray) {
    let separator = '[';
    for (const item of value.items()) {
      yield separator;
      separator = ',';
      yield* jsonText(item);
    }
    yield separator === '[' ? '[]' : ']';
  } else {
    yield JSON.stringify(value ?? null);
  }
}

function* batches(pieces: Iterable<string>): Generator<string> {
  let batch = '';
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  if (batch !== '') yield batch;
}
