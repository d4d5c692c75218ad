import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { arrayText } from '../images/json-array-file.js';
import type { Content } from './image-content.js';

/**
 * An answer `{"imageDigest", "<typeName>", "<contentName>"}` that is written while the content is read. When the stored
 * content turns out to be damaged the connection is cut, so that nobody takes half an answer for a whole one.
 */
export function contentFile(
  head: Record<string, string>,
  contentName: 'content' | 'metadata',
  content: Content,
): StreamableFile {
  const text = async function* (): AsyncGenerator<string> {
    yield `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(contentName)}:`;
    if ('elements' in content) yield* arrayText(content.elements, (element) => element);
    else yield JSON.stringify(content.value);
    yield '}';
  };
  const body = Readable.from(text(), { objectMode: false });
  // Whoever goes away before the first byte leaves a generator that never began and closes nothing.
  if ('source' in content) body.once('close', () => content.source.destroy());
  return new StreamableFile(body, { type: 'application/json; charset=utf-8' });
}
