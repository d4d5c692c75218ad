import { baseName } from '../layer/entry-path.js';
import { FactParts, type Cataloger } from './cataloger.js';
import { isJavaArchive, readJavaArchive, type JavaArchive, type JavaManifest, type Pom } from './java-archive.js';
import { javaCpes } from './java-cpe.js';
import type { PackageReport } from './package-report.js';

/** Java archives by manifest and Maven coordinates, archives inside archives and shaded artifacts included. */
export const java: Cataloger = {
  name: 'java',
  version: 2,
  wants: (path) => (isJavaArchive(path) ? 'extract' : undefined),
  sizeLimit: (limits) => limits.archiveBytes,
  extract: (_path, content, limits) => new FactParts(readJavaArchive(content, limits.archiveBytes * 4)),
  catalog(image, report) {
    for (const { path, value } of image.facts('java')) addArchive(report, path, value as JavaArchive);
  },
};

function addArchive(report: PackageReport, path: string, archive: JavaArchive): void {
  const location = path + archive.suffix;
  const file = baseName(location.replaceAll(':', '/'));
  const named = splitFileName(file);
  const own = ownPom(archive.poms, named.name || nameOf(archive.manifest, ''), named.version);
  if (archive.manifest || own) {
    report.add('pkgs.java', location, record(location, file, named, archive.manifest, own), path);
  }
  for (const pom of archive.poms) {
    if (pom === own) continue;
    const key = `${location}:${pom.artifactId}`;
    const shaded = { name: pom.artifactId, version: pom.version };
    report.add('pkgs.java', key, record(key, file, shaded, undefined, pom), path);
  }
}

/** The coordinates of the archive itself among those it holds: the same name and version, else the same name. */
function ownPom(poms: readonly Pom[], name: string, version: string): Pom | undefined {
  return (
    poms.find((pom) => pom.artifactId === name && pom.version === version) ??
    poms.find((pom) => pom.artifactId === name) ??
    poms.find((pom) => name !== '' && pom.artifactId.startsWith(name))
  );
}

function record(
  location: string,
  file: string,
  named: FileName,
  manifest: JavaManifest | undefined,
  pom: Pom | undefined,
) {
  const all = (...fields: string[]) => fields.map((field) => manifest?.all[field]).find(Boolean);
  const name = pom?.artifactId ?? (named.name || nameOf(manifest, file.replace(/\.[^.]*$/, '')));
  const version = pom?.version ?? (named.version || versionOf(manifest));
  return {
    name,
    'specification-version': all('Specification-Version') ?? 'N/A',
    'implementation-version': all('Implementation-Version') ?? 'N/A',
    'maven-version': pom?.version ?? 'N/A',
    origin: pom?.groupId || (all('Specification-Vendor', 'Implementation-Vendor') ?? 'N/A'),
    location,
    type: `java-${file.slice(file.lastIndexOf('.') + 1).toLowerCase()}`,
    cpes: javaCpes(name, version, pom, manifest),
    metadata: pom
      ? { 'pom.properties': `\ngroupId=${pom.groupId}\nartifactId=${pom.artifactId}\nversion=${pom.version}\n` }
      : {},
  };
}

function nameOf(manifest: JavaManifest | undefined, otherwise: string): string {
  const fields = ['Name', 'Bundle-Name', 'Short-Name', 'Extension-Name', 'Implementation-Title'];
  return fields.map((field) => manifest?.main[field]).find(Boolean) ?? otherwise;
}

function versionOf(manifest: JavaManifest | undefined): string {
  const fields = ['Implementation-Version', 'Specification-Version', 'Plugin-Version', 'Bundle-Version'];
  const from = (section: Record<string, string> | undefined) => fields.map((field) => section?.[field]).find(Boolean);
  return from(manifest?.main) ?? from(manifest?.all) ?? '';
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
