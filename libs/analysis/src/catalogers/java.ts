import { baseName } from '../layer/entry-path.js';
import type { Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';
import { isJavaArchive, readJavaArchive, type JavaArchive } from './java-archive.js';
import type { PackageReport } from './package-report.js';

type Pom = JavaArchive['poms'][number];

/** Java archives by manifest and Maven coordinates, archives inside archives and shaded artifacts included. */
export const java: Cataloger = {
  name: 'java',
  version: 1,
  wants: (path) => (isJavaArchive(path) ? 'extract' : undefined),
  sizeLimit: (limits) => limits.archiveBytes,
  extract: (_path, content, limits) => readJavaArchive(content, limits.archiveBytes * 4),
  catalog(image, report) {
    for (const { path, value } of image.facts('java')) {
      for (const archive of value as JavaArchive[]) addArchive(report, path, archive);
    }
  },
};

function addArchive(report: PackageReport, path: string, archive: JavaArchive): void {
  const location = path + archive.suffix;
  const file = baseName(location.replaceAll(':', '/'));
  const named = splitFileName(file);
  const own =
    archive.poms.find((pom) => isOwn(pom, named)) ?? (archive.poms.length === 1 ? archive.poms[0] : undefined);
  if (Object.keys(archive.manifest).length > 0 || own) {
    report.add('pkgs.java', location, record(location, file, named, archive.manifest, own), path);
  }
  for (const pom of archive.poms) {
    if (pom === own) continue;
    const key = `${location}:${pom.artifactId}`;
    const shaded = { name: pom.artifactId, version: pom.version };
    report.add('pkgs.java', key, record(key, file, shaded, {}, pom), path);
  }
}

function record(
  location: string,
  file: string,
  named: FileName,
  manifest: Record<string, string>,
  pom: Pom | undefined,
) {
  const field = (...keys: string[]) =>
    keys.map((key) => manifest[key]).find((value) => value !== undefined && value !== '');
  const name =
    pom?.artifactId ??
    (named.name ||
      (field('Name', 'Bundle-Name', 'Short-Name', 'Extension-Name', 'Implementation-Title') ??
        file.replace(/\.[^.]*$/, '')));
  const version =
    pom?.version ??
    (named.version ||
      (field('Implementation-Version', 'Specification-Version', 'Plugin-Version', 'Bundle-Version') ?? ''));
  const vendors = (pom?.groupId ?? '').split('.').slice(1);
  return {
    name,
    'specification-version': field('Specification-Version') ?? 'N/A',
    'implementation-version': field('Implementation-Version') ?? 'N/A',
    'maven-version': pom?.version ?? 'N/A',
    origin: pom?.groupId || (field('Specification-Vendor', 'Implementation-Vendor') ?? 'N/A'),
    location,
    type: `java-${file.slice(file.lastIndexOf('.') + 1).toLowerCase()}`,
    cpes: cpes({ name, version, vendors }),
    metadata: pom
      ? { 'pom.properties': `\ngroupId=${pom.groupId}\nartifactId=${pom.artifactId}\nversion=${pom.version}\n` }
      : {},
  };
}

interface FileName {
  name: string;
  version: string;
}

/** `commons-io-2.11.0.jar` -> name up to the first dash group that starts like a version, version after it. */
export function splitFileName(file: string): FileName {
  const base = file.replace(/\.[^.]*$/, '');
  const match = /^([A-Za-z][^-]*(?:-(?!(?:\d|build\d|rc?\d))[^-]+)*)(?:-(.+))?$/.exec(base);
  return { name: match?.[1] ?? '', version: match?.[2] ?? '' };
}

function isOwn(pom: Pom, named: FileName): boolean {
  return pom.artifactId === named.name || (named.name !== '' && pom.artifactId.startsWith(named.name));
}
