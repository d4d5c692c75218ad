import { analyzeLayer, DEFAULT_LIMITS, DEFAULT_RULES, type LayerInventory } from '@kedge/analysis';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type PackageManager = 'rpm' | 'dpkg' | 'apk';

const folder = join(__dirname, '../../testdata/roots');

/** A root that the package manager installed and somebody disturbed, as the one layer of an image. */
export function disturbedRoot(manager: PackageManager): Promise<LayerInventory> {
  return layerOfArchive(rootArchive(manager));
}

/** The archive of the root that {@link disturbedRoot} reads. */
export function rootArchive(manager: PackageManager): string {
  return join(folder, `${manager}.tar.gz`);
}

/** A gzipped archive as the one layer of an image. */
export function layerOfArchive(file: string): Promise<LayerInventory> {
  const diffId = createHash('sha256')
    .update(gunzipSync(readFileSync(file)))
    .digest('hex');
  return analyzeLayer(createReadStream(file), {
    compression: 'auto',
    expectedDiffId: `sha256:${diffId}`,
    rules: DEFAULT_RULES,
    limits: DEFAULT_LIMITS,
  });
}

/** What the package manager said of the root when it was made, as {@link verdicts} gives it. */
export function verifiedBy(manager: PackageManager): string[] {
  return verdicts(readFileSync(join(folder, `${manager}.verify`), 'utf8'));
}

/**
 * What a package manager printed of a root: `missing <path>`, and `changed <path>` where size (S), mode (M) or
 * digest (5) differ; sorted. What it says of owners, times and targets of links is left out.
 */
export function verdicts(printed: string): string[] {
  return printed
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const [, said = '', path = ''] = /^(\S+)\s+(?:[a-z] )?(\/.*)$/.exec(line) ?? [];
      if (said === 'missing' || said === 'changed') return [`${said} ${path}`];
      return /[SM5]/.test(said) ? [`changed ${path}`] : [];
    })
    .sort();
}
