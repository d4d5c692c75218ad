import type { ImageInventory } from '../image-inventory.js';
import { FactParts, type Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';
import type { PackageReport } from './package-report.js';
import { readRpmDatabase } from './rpm/rpm-database.js';
import { parseRpmManifest } from './rpm/rpm-manifest.js';
import { FILE_FLAG, VERIFY_FLAG, type RpmFile, type RpmPackage } from './rpm/rpm-package.js';

const PATH =
  /^(.*)\/(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|var\/lib\/rpmmanifest)\/(rpmdb\.sqlite|Packages\.db|Packages|container-manifest-2)$/;

/** The files a database may be in. A system that changed its format may still have the old ones: the first one counts. */
const PREFERENCE = ['rpmdb.sqlite', 'Packages.db', 'Packages', 'container-manifest-2'];

/** RPM packages from databases of every format rpm has had since version 3, and from the list of distroless images. */
export const rpm: Cataloger = {
  name: 'rpm',
  version: 1,
  wants: (path) => (path.includes('/rpm') && PATH.test(path) ? 'extract' : undefined),
  sizeLimit: (limits) => limits.databaseBytes,
  extract: (path, content) =>
    new FactParts(path.endsWith('-2') ? parseRpmManifest(content.toString('utf8')) : readRpmDatabase(content)),
  catalog(image, report) {
    for (const [root, databases] of databasesByRoot(image)) {
      warnOfWriteAheadLog(image, report, root);
      const chosen = PREFERENCE.map((name) => databases.get(name)).find((packages) => packages !== undefined);
      // The order of a Berkeley DB is that of its hashes; the same packages give the same report in every format.
      const sorted = (chosen ?? []).map((found) => ({ found, name: fullName(found) }));
      sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const { found } of sorted) addPackage(image, report, root, found);
    }
  },
};

/** What SQLite has not yet written to the database itself lies in a file beside it, which rpm leaves empty when it ends. */
function warnOfWriteAheadLog(image: ImageInventory, report: PackageReport, root: string): void {
  for (const folder of ['/usr/lib/sysimage/rpm', '/var/lib/rpm']) {
    const log = image.get(`${root}${folder}/rpmdb.sqlite-wal`);
    if (log && log.size > 0) {
      report.warnings.push(
        `${log.path} has ${log.size} bytes that are not in the database yet and were not read: rpm was interrupted`,
      );
    }
  }
}

function databasesByRoot(image: ImageInventory): Map<string, Map<string, RpmPackage[]>> {
  const roots = new Map<string, Map<string, RpmPackage[]>>();
  for (const { path, value } of image.facts('rpm')) {
    const [, root = '', file = ''] = PATH.exec(path) ?? [];
    const databases = roots.get(root) ?? new Map<string, RpmPackage[]>();
    roots.set(root, databases);
    const packages = databases.get(file) ?? [];
    databases.set(file, packages);
    packages.push(value as RpmPackage);
  }
  return roots;
}

/** Version as rpm shows it, the epoch only when there is one. */
function epochVersion(found: RpmPackage): string {
  return found.epoch === undefined ? found.version : `${found.epoch}:${found.version}`;
}

function architecture(found: RpmPackage): string {
  return found.architecture === '' || found.architecture === 'amd64' ? 'x86_64' : found.architecture;
}

/** Name, epoch, version, release and architecture in one. */
function fullName(found: RpmPackage): string {
  return `${found.name}-${epochVersion(found)}-${found.release}.${architecture(found)}`;
}

function addPackage(image: ImageInventory, report: PackageReport, root: string, found: RpmPackage): void {
  const { name, release } = found;
  const version = epochVersion(found);
  const full = `${version}-${release}`;
  const vendor = (found.vendor.split(',')[0] ?? '').toLowerCase().replaceAll(' ', '');
  const record = {
    type: 'rpm',
    version,
    release,
    arch: architecture(found),
    sourcepkg: found.sourceRpm || 'N/A',
    origin: found.vendor || '(none)',
    size: String(found.size),
    license: found.license || 'N/A',
    cpes: cpes({ kind: 'os', name, version: full, vendors: [{ value: vendor }] }),
  };
  // Several kernels, keys or architectures: the further ones go under the name that rpm itself gives them.
  const key = report.addOsPackage(name, [fullName(found), `${root}:${fullName(found)}`], record);
  report.add('pkgs.all', key, full);
  for (const file of found.files) addFile(image, report, root, found, file);
}

function addFile(
  image: ImageInventory,
  report: PackageReport,
  root: string,
  found: RpmPackage,
  [directory, base, mode, size, digest, flags, user, group, verify]: RpmFile,
): void {
  const path = image.canonicalPath(`${root}${found.directories[directory] ?? '/'}${base}`.replace(/(?<=.)\/$/, ''));
  const exists = image.get(path) !== undefined;
  if (exists) report.packageFiles.set(path, 'RPMFILE');
  const has = (bits: number, flag: number) => (bits & flag) !== 0;
  const ghost = has(flags, FILE_FLAG.ghost);
  // What may be absent says nothing when it is, as with `rpm --verify`.
  if (!exists && (ghost || has(flags, FILE_FLAG.missingOk))) return;
  const compared = (flag: number, value: string) => (value !== '' && has(verify, flag) ? value : null);
  const record = {
    conffile: has(flags, FILE_FLAG.config),
    digest: null,
    digestalgo: found.algorithm,
    group: found.groups[group] ?? null,
    mode: compared(VERIFY_FLAG.mode, mode === 0 ? '' : mode.toString(8)),
    package: found.name,
    size: ghost ? null : compared(VERIFY_FLAG.size, String(size)),
    user: found.users[user] ?? null,
  };
  const form = { arch: architecture(found), record };
  report.addFileRecord(path, form, ghost ? null : compared(VERIFY_FLAG.digest, digest));
}
