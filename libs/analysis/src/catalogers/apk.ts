import type { ImageInventory } from '../image-inventory.js';
import { parseApkDatabase, type ApkFile, type ApkPackage } from './apk-database.js';
import { FactParts, type Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';
import { rootOf } from './database-root.js';
import type { PackageReport } from './package-report.js';

const DATABASE = '/lib/apk/db/installed';

/** Alpine packages from the database of apk, also where it lies below `/usr`. */
export const apk: Cataloger = {
  name: 'apk',
  version: 1,
  wants: (path) => (path.endsWith(DATABASE) ? 'extract' : undefined),
  sizeLimit: (limits) => limits.databaseBytes,
  extract: (_path, content) => new FactParts(parseApkDatabase(content.toString('utf8'))),
  catalog(image, report) {
    for (const { path, value } of image.facts('apk')) {
      const root = rootOf(path, `/usr${DATABASE}`) ?? rootOf(path, DATABASE) ?? '';
      addPackage(image, report, root, value as ApkPackage);
    }
  },
};

function addPackage(image: ImageInventory, report: PackageReport, root: string, found: ApkPackage): void {
  const { name, version } = found;
  const dash = version.lastIndexOf('-');
  const or = (value: string) => (value === '' ? 'N/A' : value);
  const record = {
    name,
    type: 'APKG',
    version: dash > 0 ? version.slice(0, dash) : version,
    release: dash > 0 ? version.slice(dash + 1) : 'N/A',
    sourcepkg: or(found.origin),
    arch: or(found.architecture),
    origin: or(found.maintainer),
    license: or(found.license),
    size: /^0*$/.test(found.size) ? 'N/A' : found.size,
    files: found.files.map((file) => `${root}/${file.path}`),
    cpes: cpes({ kind: 'os', name, version }),
  };
  const key = report.addOsPackage(name, [`${name}-${version}`, `${root}:${name}-${version}`], record);
  report.add('pkgs.all', key, version);
  report.add('pkgs_plus_source.all', key, version);
  if (found.origin !== '') report.add('pkgs_plus_source.all', found.origin, version);
  for (const file of found.files) addFile(image, report, root, record, file);
}

function addFile(
  image: ImageInventory,
  report: PackageReport,
  root: string,
  owner: { name: string; arch: string },
  file: ApkFile,
): void {
  const path = image.canonicalPath(`${root}/${file.path}`);
  report.packageFiles.set(path, 'APKFILE');
  const record = {
    conffile: false,
    digest: null,
    digestalgo: file.sha1 === undefined ? null : 'sha1',
    group: String(file.gid),
    mode: file.mode.toString(8).padStart(4, '0'),
    package: owner.name,
    size: null,
    user: String(file.uid),
  };
  report.addFileRecord(path, { arch: owner.arch, record }, file.sha1 ?? null);
}
