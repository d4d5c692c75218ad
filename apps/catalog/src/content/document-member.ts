import type { Readable } from 'node:stream';
import { JsonSource } from './json-source.js';

/** Longest single entry of a content type, and longest value that is no object, in bytes. */
const MAX_ENTRY_BYTES = 16 * 1024 * 1024;
const MAX_VALUE_BYTES = 64 * 1024 * 1024;

/** One member of a stored document: an object, entry by entry, or any other value as a whole. */
export type DocumentMember =
  { kind: 'entries'; entries: AsyncGenerator<[string, unknown]> } | { kind: 'value'; value: unknown };

/**
 * Finds a member of the map in a document, `{"document": {"<name>": ...}}`, without holding the document: of an object as
 * large as a file list only one entry is in memory. Undefined when there is no such member.
 *
 * The stored bytes are proven when they were read to their end, so `entries` and `value` do that before they are done.
 *
 * @throws JsonSourceError; the error of `bytes`.
 */
export async function documentMember(bytes: Readable, name: string): Promise<DocumentMember | undefined> {
  const source = new JsonSource(bytes as AsyncIterable<Buffer>);
  try {
    if (!(await enterMember(source, 'document')) || !(await enterMember(source, name))) {
      await source.finish();
      return undefined;
    }
    if ((await source.peek()) === 0x7b) return { kind: 'entries', entries: entriesOf(source) };
    const value = await source.value(MAX_VALUE_BYTES);
    await source.finish();
    return { kind: 'value', value };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Goes to the value of a member of the object that comes next. False when it has none of that name. */
async function enterMember(source: JsonSource, name: string): Promise<boolean> {
  await source.take('{');
  if (await source.takeIf('}')) return false;
  for (;;) {
    const key = await source.value(MAX_ENTRY_BYTES);
    await source.take(':');
    if (key === name) return true;
    await source.skip();
    if (!(await source.takeIf(','))) return false;
  }
}

async function* entriesOf(source: JsonSource): AsyncGenerator<[string, unknown]> {
  try {
    await source.take('{');
    let more = !(await source.takeIf('}'));
    while (more) {
      const key = await source.value(MAX_ENTRY_BYTES);
      await source.take(':');
      yield [String(key), await source.value(MAX_ENTRY_BYTES)];
      more = await source.takeIf(',');
      if (!more) await source.take('}');
    }
    await source.finish();
  } finally {
    await source.close();
  }
}
