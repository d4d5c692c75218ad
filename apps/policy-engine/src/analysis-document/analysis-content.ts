import type { EntryTable } from '../packed/entry-table.js';
import type { FileTable } from '../packed/file-table.js';
import type { ImageFacts } from './image-facts.js';
import type { PackageRow } from './package-records.js';
import type { PackageContent } from './packaged-files.js';

/** A search hit, a scanner's report or a kept file; exactly one of `value` and `content` is there. */
export interface Artifact {
  kind: 'secret_search' | 'content_search' | 'malware' | 'retrieved_file';
  /** Path; of malware the scanner. */
  key: string;
  value?: unknown;
  content?: Buffer;
}

/** What an analysis document says, as far as the policy engine keeps it. */
export interface AnalysisContent {
  facts: ImageFacts;
  /** Each package once; of two records with equal identity the later. */
  packages: PackageRow[];
  /** Undefined when the packages database was not to be loaded. */
  packageDb: { entries: EntryTable; contents: PackageContent[] } | undefined;
  /** Undefined when the document has no file list. */
  files: FileTable | undefined;
  artifacts: Artifact[];
}
