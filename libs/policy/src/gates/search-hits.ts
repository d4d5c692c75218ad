import type { ImageView } from '../image-view.js';
import { RuleFault } from './gate.js';

/** One expression that the analyzer found in one file. */
export interface SearchHit {
  path: string;
  /** Base64 of `name=expression` or of the expression alone, as the analyzer wrote it. */
  key: string;
  /** The key's text. */
  decoded: string;
  name: string | null;
  expression: string;
}

/** Hits of an analyzer's search in its order. Throws RuleFault when the stored form is not that of a search. */
export async function* searchHits(
  view: ImageView,
  kind: 'content_search' | 'secret_search',
): AsyncGenerator<SearchHit> {
  for await (const { key: path, value } of view.artifacts(kind)) {
    if (value === null || typeof value !== 'object')
      throw new RuleFault(`the ${kind} result of ${path} is not readable; analyze the image again`);
    for (const key of Object.keys(value)) {
      const decoded = Buffer.from(key, 'base64').toString('utf8');
      const equals = decoded.indexOf('=');
      const name = equals < 0 ? null : decoded.slice(0, equals);
      yield { path, key, decoded, name, expression: decoded.slice(equals + 1) };
    }
  }
}
