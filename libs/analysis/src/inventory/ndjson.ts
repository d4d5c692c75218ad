import { Readable } from 'node:stream';
import { AnalysisError } from '../errors.js';
import { EntryTable } from './entry-table.js';
import type { KeptFile, LayerEntry, LayerInventory } from './layer-inventory.js';

const FORMAT = 'kedge-layer-inventory';

/** Characters of one line; a kept file of 16 MiB as base64 fits. */
const MAX_LINE = 32 * 1024 * 1024;

/** Lines handed over at once. */
const BATCH = 64 * 1024;

/** Lists of an inventory, with the key under which each item stands on its line. */
const LISTS = {
  entry: 'entries',
  whiteout: 'whiteouts',
  opaqueDir: 'opaqueDirs',
  kept: 'kept',
  facts: 'facts',
  hit: 'hits',
  warning: 'warnings',
} as const;

/**
 * An inventory as newline-delimited JSON: a head line, one line an item, and a last line with the number of items, which
 * proves that nothing is missing.
 */
export function writeInventory(inventory: LayerInventory): Readable {
  return Readable.from(batches(lines(inventory)), { objectMode: false });
}

/**
 * Reads what {@link writeInventory} wrote. `maxEntries` bounds the number of lines. Throws AnalysisError
 * `corrupt_inventory` for damaged or incomplete text and `wrong_version` when `version` is given and differs: then the
 * layer has to be analysed again.
 */
export async function readInventory(
  stream: Readable,
  options: { version?: string; maxEntries?: number } = {},
): Promise<LayerInventory> {
  const maxLines = (options.maxEntries ?? 2_000_000) * 2;
  let inventory: LayerInventory | undefined;
  let items = 0;
  let complete = false;
  for await (const line of splitLines(stream)) {
    if (complete) throw corrupt('text after its last line');
    const record = parse(line);
    if (!inventory) {
      inventory = head(record, options.version);
    } else if ('end' in record) {
      if (record['end'] !== items) throw corrupt(`${items} items instead of ${String(record['end'])}`);
      complete = true;
    } else {
      if ((items += 1) > maxLines) throw corrupt(`more than ${maxLines} items`);
      add(inventory, record);
    }
  }
  if (!inventory || !complete) throw corrupt('it stops before its last line');
  return inventory;
}

function* lines(inventory: LayerInventory): Generator<string> {
  const { version, diffId, inflatedBytes } = inventory;
  yield JSON.stringify({ format: FORMAT, version, diffId, inflatedBytes });
  let items = 0;
  for (const [key, list] of Object.entries(LISTS)) {
    for (const item of inventory[list]) {
      items += 1;
      yield JSON.stringify({ [key]: key === 'kept' ? keptText(item as KeptFile) : item });
    }
  }
  yield JSON.stringify({ end: items });
}

/** Bytes stand as base64. */
function keptText({ path, content }: KeptFile): object {
  return { path, content: content.toString('base64') };
}

function* batches(source: Iterable<string>): Generator<string> {
  let batch = '';
  for (const line of source) {
    batch += `${line}\n`;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  yield batch;
}

async function* splitLines(stream: Readable): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string);
    let at = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
      parts.push(bytes.subarray(at, end));
      yield parts.length === 1 ? bytes.toString('utf8', at, end) : Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      at = end + 1;
    }
    parts.push(bytes.subarray(at));
    length += bytes.length - at;
    if (length > MAX_LINE) throw corrupt(`a line of more than ${MAX_LINE} bytes`);
  }
  if (length > 0) throw corrupt('it stops in the middle of a line');
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw corrupt(`a line that is not JSON (${(error as Error).message})`);
  }
  throw corrupt('a line that is not an object');
}

function head(record: Record<string, unknown>, wanted: string | undefined): LayerInventory {
  const { format, version, diffId, inflatedBytes } = record;
  if (
    format !== FORMAT ||
    typeof version !== 'string' ||
    typeof diffId !== 'string' ||
    typeof inflatedBytes !== 'number'
  ) {
    throw corrupt('its first line is not that of an inventory');
  }
  if (wanted !== undefined && version !== wanted) {
    throw new AnalysisError(
      'wrong_version',
      `inventory of ${diffId} is of version ${version}, not ${wanted}; analyse the layer again`,
    );
  }
  const empty = {
    entries: new EntryTable(),
    whiteouts: [],
    opaqueDirs: [],
    kept: [],
    facts: [],
    hits: [],
    warnings: [],
  };
  return { version, diffId, inflatedBytes, ...empty };
}

function add(inventory: LayerInventory, record: Record<string, unknown>): void {
  // Shapes are those of our own writer; the store proves the bytes.
  if ('entry' in record) {
    addEntry(inventory.entries, record['entry'] as LayerEntry);
    return;
  }
  if ('kept' in record) {
    const { path, content } = record['kept'] as { path: string; content: string };
    inventory.kept.push({ path, content: Buffer.from(content, 'base64') });
    return;
  }
  for (const [key, list] of Object.entries(LISTS)) {
    if (!(key in record) || list === 'entries') continue;
    (inventory[list] as unknown[]).push(record[key]);
    return;
  }
  throw corrupt(`an item of unknown kind ${JSON.stringify(Object.keys(record).slice(0, 3))}`);
}

function addEntry(entries: EntryTable, entry: LayerEntry): void {
  try {
    entries.add(entry);
  } catch (error) {
    throw corrupt(`an entry that makes no sense (${(error as Error).message})`);
  }
}

function corrupt(reason: string): AnalysisError {
  return new AnalysisError(
    'corrupt_inventory',
    `stored layer inventory is damaged: ${reason}; delete it and analyse the layer again`,
  );
}
