import type { AnalysisLimits } from '../rules.js';
import type { ImageInventory } from '../image-inventory.js';
import type { PackageReport } from './package-report.js';

/**
 * Facts of one file that come in many pieces, for instance one for each package of a database. They are stored one by
 * one, so none has to be larger than a package. When the iteration throws, what came before it stays and the message
 * becomes a warning.
 */
export class FactParts {
  constructor(readonly values: Iterable<unknown> | AsyncIterable<unknown>) {}
}

/**
 * How a cataloger wants a file: `keep` holds its bytes until the layers are merged (package databases, whose parts may
 * lie in several layers), `extract` takes the facts while the layer is read (files that stand for themselves).
 */
export type Interest = 'keep' | 'extract';

/** Bytes at the start of a file by which executables are judged. */
export const HEAD_BYTES = 64 * 1024;

/** One package ecosystem. Add yours to the list in `index.ts`; nothing else knows catalogers by name. */
export interface Cataloger {
  readonly name: string;
  /** Raise it whenever the same files give other records, together with `ANALYSIS_VERSION`. */
  readonly version: number;
  /** Asked once for every regular file of a layer, so it must be cheap: look at the end of the path first. */
  wants(path: string): Interest | undefined;
  /**
   * Asked with the first {@link HEAD_BYTES} bytes (all of a shorter file) of every file that starts like an executable
   * (see `looksExecutable`); true has the file extracted like one that `wants` asked for.
   */
  wantsExecutable?(head: Buffer): boolean;
  /** Largest file at such a path that is worth holding. Bytes. */
  sizeLimit(limits: AnalysisLimits, path: string): number;
  /**
   * Takes the facts from one file; the answer, what its promise gives, or each of {@link FactParts} must survive JSON. An
   * exception leaves the file out with a warning. Only called for files that the cataloger wants to be extracted.
   */
  extract?(path: string, content: Buffer, limits: AnalysisLimits): unknown;
  /** Adds the packages of the merged image to `report`. An exception marks this cataloger as failed, not the image. */
  catalog(image: ImageInventory, report: PackageReport): void;
}
