import { baseName, parentOf } from '../layer/entry-path.js';
import { FactParts, type Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';
import { parseDepsJson, parseNuspec, type NugetPackage } from './nuget-files.js';

/** .NET packages: what applications say they were built with, and the folders of packages that were restored. */
export const nuget: Cataloger = {
  name: 'nuget',
  version: 1,
  wants: (path) => (path.endsWith('.deps.json') || isRestored(path) ? 'extract' : undefined),
  sizeLimit: (limits) => limits.keptFileBytes,
  extract: (path, content) =>
    path.endsWith('.json')
      ? new FactParts(parseDepsJson(content.toString('utf8')))
      : parseNuspec(content.toString('utf8')),
  catalog(image, report) {
    for (const { path, value } of image.facts('nuget')) {
      const { name, version, license, authors, sha512, path: folder } = value as NugetPackage;
      const listed = path.endsWith('.deps.json');
      const location = listed ? path : parentOf(path);
      const record = {
        name,
        version,
        location,
        type: 'nuget',
        files: [],
        license: license || 'N/A',
        origin: authors || 'N/A',
        metadata: listed ? { sha512, path: folder } : {},
        cpes: cpes({ kind: 'nuget', name, version, vendors: [{ value: name.split('.')[0] ?? '' }] }),
      };
      report.add('pkgs.nuget', listed ? `${path}:${name}@${version}` : location, record, path);
    }
  },
};

/** `<packages>/<id>/<version>/<id>.nuspec`, ids in lower case as NuGet restores them. */
function isRestored(path: string): boolean {
  if (!path.endsWith('.nuspec')) return false;
  const versionFolder = parentOf(path);
  return /^\d/.test(baseName(versionFolder)) && `${baseName(parentOf(versionFolder))}.nuspec` === baseName(path);
}
