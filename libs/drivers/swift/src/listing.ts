import type { SwiftClient } from './client.js';
import { ownerOfSegment } from './segments.js';

const DAY_MS = 24 * 60 * 60 * 1000;

interface Entry {
  name: string;
  bytes: number;
  last_modified: string;
}

/**
 * The objects of a container below a prefix, page by page. Segments belong to their manifest and are not listed; those
 * that have none and are a day old were left by a crash and are listed as what they are, so that they can be found and
 * deleted. A manifest sorts directly before its segments.
 */
export async function* listContainer(
  client: SwiftClient,
  container: string,
  prefix: string,
  pageNames: number,
): AsyncGenerator<{ name: string; size: number; modifiedAt: Date }> {
  let marker = '';
  let manifest = '';
  for (;;) {
    const query = new URLSearchParams({ format: 'json', limit: String(pageNames), prefix, marker }).toString();
    const { text } = await client.ask({ method: 'GET', container, query });
    const page = (text === '' ? [] : JSON.parse(text)) as Entry[];
    for (const { name, bytes, last_modified: modified } of page) {
      const modifiedAt = new Date(/[Z+]/.test(modified) ? modified : `${modified}Z`);
      const owner = ownerOfSegment(name);
      const left = owner !== undefined && owner !== manifest && Date.now() - modifiedAt.getTime() > DAY_MS;
      if (owner === undefined) manifest = name;
      if (owner === undefined || left) yield { name, size: bytes, modifiedAt };
    }
    const last = page.at(-1);
    if (!last || page.length < pageNames) return;
    marker = last.name;
  }
}
