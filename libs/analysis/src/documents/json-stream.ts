import { Readable } from 'node:stream';

/** A JSON object whose entries are made one by one while it is written. May hold further ones as values. */
export class StreamedObject {
  constructor(readonly entries: () => Iterable<[string, unknown]>) {}
}

/** A JSON array, likewise. */
export class StreamedArray {
  constructor(readonly items: () => Iterable<unknown>) {}
}

/** A value whose JSON text is made already. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Characters handed over at once. */
const BATCH = 64 * 1024;

/** Streamed object of fixed members; undefined ones are left out. */
export function members(object: Record<string, unknown>): StreamedObject {
  return new StreamedObject(() => Object.entries(object));
}

/** JSON text of a value (RFC 8259) as a byte stream; at no time more than one entry and one batch exist as text. */
export function jsonStream(value: unknown): Readable {
  return Readable.from(jsonText(value), { objectMode: false });
}

/** A streamed value that is being written. */
interface Open {
  rest: Iterator<unknown>;
  array: boolean;
  empty: boolean;
}

/**
 * The JSON text of a value, a batch at a time. Nesting is kept on a stack of its own: generators that delegate to each
 * other would pass every entry through all levels.
 */
export function* jsonText(root: unknown): Generator<string> {
  const stack: Open[] = [];
  let batch = '';
  const write = (value: unknown): void => {
    if (value instanceof JsonText) {
      batch += value.text;
      return;
    }
    const array = value instanceof StreamedArray;
    if (!array && !(value instanceof StreamedObject)) {
      batch += JSON.stringify(value ?? null);
      return;
    }
    batch += array ? '[' : '{';
    const rest = (array ? value.items() : value.entries())[Symbol.iterator]();
    stack.push({ rest, array, empty: true });
  };
  write(root);
  for (let open = stack.at(-1); open !== undefined; open = stack.at(-1)) {
    const next = open.rest.next();
    if (next.done) {
      batch += open.array ? ']' : '}';
      stack.pop();
    } else if (open.array) {
      batch += open.empty ? '' : ',';
      open.empty = false;
      write(next.value);
    } else {
      const [key, value] = next.value as [string, unknown];
      if (value === undefined) continue;
      batch += `${open.empty ? '' : ','}${JSON.stringify(key)}:`;
      open.empty = false;
      write(value);
    }
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  if (batch !== '') yield batch;
}
