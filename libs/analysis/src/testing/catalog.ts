import { catalogPackages, type AnalyzerStatus } from '../catalog-packages.js';
import { squash } from '../squash.js';
import { layer, type TestEntry } from './layer-builder.js';

/** Analyses layers, merges them and asks all catalogers, as an image analysis does. */
export async function catalog(...layers: TestEntry[][]) {
  const status: Record<string, AnalyzerStatus> = {};
  const inventories = await Promise.all(layers.map((entries) => layer(entries)));
  const image = squash(inventories);
  const report = catalogPackages(image, status, { ownedPackageFilter: true, hints: true });
  const element = (name: string) => Object.fromEntries(report.element(name)) as Record<string, Record<string, unknown>>;
  return { image, report, status, element };
}
