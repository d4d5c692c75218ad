import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import {
  analyzeLayer,
  DEFAULT_LIMITS,
  type AnalysisLimits,
  type AnalysisRules,
  type LayerEntry,
  type LayerInventory,
} from '../index.js';

/** One entry of a layer that is built for a test: a path ending in `/` is a directory. */
export interface TestEntry extends Partial<Header> {
  name: string;
  content?: string | Buffer;
}

/** A real tar archive of the entries, written by tar-stream. */
export async function buildTar(entries: TestEntry[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const { content, ...header } of entries) {
    const directory = header.name.endsWith('/') && header.type === undefined;
    archive.entry(
      { mode: directory ? 0o755 : 0o644, ...header, ...(directory ? { type: 'directory' } : {}) },
      content ?? '',
    );
  }
  archive.finalize();
  return bytes;
}

export interface TestOptions {
  rules?: AnalysisRules;
  limits?: Partial<AnalysisLimits>;
  expectedDiffId?: string;
  signal?: AbortSignal;
}

/** Analyses bytes as a layer, handed over in pieces of `step` bytes. */
export function analyseBytes(bytes: Buffer, options: TestOptions = {}, step = 65_536): Promise<LayerInventory> {
  const { limits, rules, ...rest } = options;
  return analyzeLayer(Readable.from(pieces(bytes, step), { objectMode: false }), {
    compression: 'auto',
    rules: rules ?? {},
    limits: { ...DEFAULT_LIMITS, ...limits },
    ...rest,
  });
}

/** Builds, packs with gzip and analyses a layer. */
export async function layer(entries: TestEntry[], options: TestOptions = {}): Promise<LayerInventory> {
  return analyseBytes(gzipSync(await buildTar(entries)), options);
}

/** An inventory with its entries as a list, which can be compared: two packings of the same entries may differ. */
export function unpacked(inventory: LayerInventory): Omit<LayerInventory, 'entries'> & { entries: LayerEntry[] } {
  return { ...inventory, entries: [...inventory.entries] };
}

function* pieces(bytes: Buffer, step: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
