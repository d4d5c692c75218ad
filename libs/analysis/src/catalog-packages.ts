import { CATALOGERS } from './catalogers/index.js';
import { PackageReport } from './catalogers/package-report.js';
import { applyHints } from './hints.js';
import type { ImageInventory } from './image-inventory.js';

/** How one step of an analysis went. */
export interface AnalyzerStatus {
  status: 'ok' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  reason?: string;
  milliseconds: number;
}

/** Does one step; an exception becomes its status and the step's answer is then undefined. */
export function runAnalyzer<T>(statuses: Record<string, AnalyzerStatus>, name: string, act: () => T): T | undefined {
  const started = performance.now();
  const milliseconds = () => Math.round(performance.now() - started);
  try {
    const result = act();
    statuses[name] = { status: 'ok', milliseconds: milliseconds() };
    return result;
  } catch (error) {
    statuses[name] = { status: 'failed', reason: (error as Error).message, milliseconds: milliseconds() };
    return undefined;
  }
}

export interface CatalogOptions {
  /** Leave out language packages that are files of an OS package (`enable_owned_package_filtering`). */
  ownedPackageFilter: boolean;
  /** Add what the image's hints file lists (`enable_hints`). */
  hints: boolean;
}

/** Asks every cataloger for the packages of a merged image. How each went is put into `statuses`. */
export function catalogPackages(
  image: ImageInventory,
  statuses: Record<string, AnalyzerStatus>,
  options: CatalogOptions,
): PackageReport {
  const report = new PackageReport();
  for (const cataloger of CATALOGERS) {
    runAnalyzer(statuses, `packages_${cataloger.name}`, () => cataloger.catalog(image, report));
  }
  if (options.ownedPackageFilter) report.dropOwned();
  if (options.hints) runAnalyzer(statuses, 'hints', () => applyHints(image, report));
  else statuses['hints'] = { status: 'skipped', reason: 'not enabled', milliseconds: 0 };
  return report;
}
