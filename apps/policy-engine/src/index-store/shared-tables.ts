import { createHash } from 'node:crypto';
import type { PackageRow } from '../analysis-document/package-records.js';
import type { PackageContent } from '../analysis-document/packaged-files.js';
import { encodeBlock, packBlock } from '../packed/file-block.js';
import type { EntryTable } from '../packed/entry-table.js';
import type { FileTable } from '../packed/file-table.js';
import { encodeEntries, packEntries } from '../packed/package-entries.js';
import { splitBlocks } from '../packed/split-blocks.js';
import type { SharedRow, SharedTable } from './shared-rows.js';
import { storable, storableOrNull } from './text.js';

export const PACKAGES: SharedTable = {
  name: 'image_package',
  columns: ['name', 'version', 'release', 'type', 'arch', 'path', 'size', 'license', 'origin', 'source', 'cpe_names'],
};
export const CONTENTS: SharedTable = {
  name: 'package_content',
  columns: ['name', 'version', 'type', 'arch', 'entry_count', 'entries'],
};
export const BLOCKS: SharedTable = { name: 'file_block', columns: ['first_path', 'file_count', 'files'] };

/** Rows of `image_package`, in an order that follows from their content. */
export function packageRows(packages: readonly PackageRow[]): SharedRow[] {
  const rows = packages.map((row) => {
    const { name, version, release, type, arch, path } = row;
    const identity = [name, version, release, type, arch, path].map(storable);
    const about = [row.size, ...[row.license, row.origin, row.source].map(storableOrNull)];
    const cpeNames = row.cpeNames?.map(storable) ?? null;
    // Without CPEs the digest is what it was when there were none: such rows are not stored again.
    const digest = digestOf(cpeNames ? [identity, about, cpeNames] : [identity, about]);
    return { digest, values: () => [...identity, ...about, cpeNames] };
  });
  return rows.sort((a, b) => a.digest.compare(b.digest));
}

/** Rows of `package_content`, in an order that follows from their content. */
export function* contentRows(entries: EntryTable, contents: readonly PackageContent[]): Generator<SharedRow> {
  const ordered = contents.toSorted((a, b) => compare(sortKey(a), sortKey(b)));
  for (const { name, version, type, arch, rows } of ordered) {
    const identity = [name, version, type, arch].map(storable);
    const encoded = encodeEntries(entries, rows);
    yield {
      digest: digestOf(identity, encoded.described, encoded.digests),
      values: () => [...identity, encoded.count, packEntries(encoded)],
    };
  }
}

/** Rows of `file_block` by path, which follows from their content. */
export function* blockRows(files: FileTable): Generator<SharedRow> {
  for (const rows of splitBlocks(files, files.sortedRows())) {
    const block = encodeBlock(files, rows);
    yield {
      digest: digestOf([], block.described, block.digests),
      values: () => [storable(block.firstPath), block.count, packBlock(block)],
    };
  }
}

function sortKey({ name, version, type, arch }: PackageContent): string {
  return JSON.stringify([name, version, type, arch]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function digestOf(identity: readonly unknown[], ...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256').update(JSON.stringify(identity));
  for (const part of parts) hash.update(`\0${part.length}\0`).update(part);
  return hash.digest();
}
