import type { ByteList } from './byte-list.js';
import type { ByteWriter } from './byte-writer.js';

/**
 * Writes the paths at these places in their order, each as the number of bytes that it shares with the one before, the
 * number of further bytes and these bytes. Sorted paths share most of their bytes.
 */
export function writePaths(writer: ByteWriter, paths: ByteList, places: Uint32Array): void {
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at] as number;
    const shared = at === 0 ? 0 : paths.shared(places[at - 1] as number, place);
    const start = paths.start(place) + shared;
    const end = paths.end(place);
    writer.varint(shared);
    writer.varint(end - start);
    writer.bytes(paths.bytes, start, end);
  }
}

/** From here on UTF-16, in which JavaScript compares, and UTF-8 order texts in another way. */
const SURROGATE_OR_BEHIND = /[\ud800-\uffff]/;

/** A function that compares other texts with this one by their bytes in UTF-8: negative when the other is before it. */
export function comparedWith(text: string): (other: string) => number {
  if (SURROGATE_OR_BEHIND.test(text)) {
    const bytes = Buffer.from(text);
    return (other) => Buffer.compare(Buffer.from(other), bytes);
  }
  // Where the texts first differ the orders agree, because this one has a character below the surrogates there.
  return (other) => (other < text ? -1 : other === text ? 0 : 1);
}
