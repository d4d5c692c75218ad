import { PACKAGE_TYPES } from '@kedge/analysis';
import type { Readable } from 'node:stream';
import { JsonSource, JsonSourceError } from './json-source.js';

const MAX_PACKAGES = 500_000;
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
/** What a package has most of, and no bill of materials wants. */
const LEFT_OUT = ['files', 'metadata'];

type Records = Record<string, Record<string, unknown>>;

/**
 * The packages of a stored `image_content_data` document, `{"document": {"os": {<key>: <record>}, ...}}`, by type and key.
 * One pass; the list of all files, which is most of the document, is skipped and not held.
 *
 * @throws JsonSourceError for text that is no such document or has more than 500,000 packages; the error of `bytes`
 */
export async function storedPackages(bytes: Readable): Promise<Record<string, Records>> {
  const source = new JsonSource(bytes as AsyncIterable<Buffer>);
  const found: Record<string, Records> = {};
  let packages = 0;
  try {
    await eachMember(source, async (outer) => {
      if (outer !== 'document') return source.skip();
      await eachMember(source, async (type) => {
        if (!(PACKAGE_TYPES as readonly string[]).includes(type) || (await source.peek()) !== 0x7b)
          return source.skip();
        const records: Records = (found[type] = Object.create(null) as Records);
        await eachMember(source, async (key) => {
          if ((packages += 1) > MAX_PACKAGES) throw new JsonSourceError(`there are more than ${MAX_PACKAGES} packages`);
          const record = (await source.value(MAX_VALUE_BYTES)) as Record<string, unknown> | null;
          if (typeof record !== 'object' || record === null) return;
          records[key] = Object.fromEntries(Object.entries(record).filter(([name]) => !LEFT_OUT.includes(name)));
        });
      });
    });
    await source.finish(); // the bytes are proven at their end
    return found;
  } finally {
    await source.close();
  }
}

async function eachMember(source: JsonSource, visit: (key: string) => Promise<void>): Promise<void> {
  await source.take('{');
  if (await source.takeIf('}')) return;
  do {
    const key = String(await source.value(MAX_VALUE_BYTES));
    await source.take(':');
    await visit(key);
  } while (await source.takeIf(','));
  await source.take('}');
}
