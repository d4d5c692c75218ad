import type { AnalysisLimits } from '../rules.js';
import type { ImageInventory } from '../image-inventory.js';
import type { PackageReport } from './package-report.js';

/**
 * How a cataloger wants a file: `keep` holds its bytes until the layers are merged (package databases, whose parts may
 * lie in several layers), `extract` takes the facts while the layer is read (files that stand for themselves).
 */
export type Interest = 'keep' | 'extract';

/** One package ecosystem. Add yours to the list in `index.ts`; nothing else knows catalogers by name. */
export interface Cataloger {
  readonly name: string;
  /** Raise it whenever the same files give other records, together with `ANALYSIS_VERSION`. */
  readonly version: number;
  /** Asked once for every regular file of a layer, so it must be cheap: look at the end of the path first. */
  wants(path: string): Interest | undefined;
  /** Largest file that is worth holding. Bytes. */
  sizeLimit(limits: AnalysisLimits): number;
  /**
   * Takes the facts from one file; the answer (or what its promise gives) must survive JSON. An exception leaves the file out with a warning.
   * Only called for files that `wants` answered with `extract`.
   */
  extract?(path: string, content: Buffer, limits: AnalysisLimits): unknown;
  /** Adds the packages of the merged image to `report`. An exception marks this cataloger as failed, not the image. */
  catalog(image: ImageInventory, report: PackageReport): void;
}
