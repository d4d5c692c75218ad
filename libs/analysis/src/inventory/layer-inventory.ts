import type { EntryTable } from './entry-table.js';

/** Changes whenever the same layer and rules would give another inventory. */
export const ANALYSIS_VERSION = '2';

export type EntryType = 'file' | 'dir' | 'slink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** One tar entry of a layer. */
export interface LayerEntry {
  /** Absolute and normalised: `/usr/bin/env`. Bytes that are not UTF-8 stand as `\xHH`. */
  path: string;
  type: EntryType;
  /** Permission bits with set-uid, set-gid and sticky (0..0o7777). */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes; 0 for everything but regular files. */
  size: number;
  /** Seconds since 1970. */
  mtime: number;
  /** Symbolic links: the text as stored. Hard links: the normalised absolute path of the target. */
  linkTarget?: string;
  /** Hex digests, on regular files only. */
  sha1?: string;
  sha256?: string;
  md5?: string;
}

/** A file whose bytes are needed after the layers are merged. */
export interface KeptFile {
  path: string;
  content: Buffer;
}

/** What a cataloger took from one file while the layer was read; a file may have many, in their order. */
export interface FileFacts {
  cataloger: string;
  path: string;
  value: unknown;
}

/** Lines of one file that match a search. */
export interface SearchHit {
  search: 'secret_search' | 'content_search';
  path: string;
  /** MIME-style base64 of the pattern entry (76 characters a line, final newline) -> 0-based line numbers. */
  matches: Record<string, number[]>;
}

/** Everything later steps need to know of a layer; a pure function of its diff id and `analysisVersion(rules)`. */
export interface LayerInventory {
  version: string;
  /** `sha256:<hex>` of the uncompressed tar. */
  diffId: string;
  /** Bytes of the uncompressed tar. */
  inflatedBytes: number;
  /** In tar order; of several entries with one path the last one counts. */
  entries: EntryTable;
  /** Paths of lower layers that this layer removes. */
  whiteouts: string[];
  /** Directories whose content in lower layers this layer hides; `/` for the root. */
  opaqueDirs: string[];
  /** Of several entries with one path only the last one's content is described, here and below. */
  kept: KeptFile[];
  facts: FileFacts[];
  hits: SearchHit[];
  /** Human readable; bounded in number. */
  warnings: string[];
}
