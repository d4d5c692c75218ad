import type { ImageInventory } from '../image-inventory.js';
import type { Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';
import { copyrightLicences, parseConffiles, parseMd5sums, parseStanzas, type Stanza } from './dpkg-files.js';
import type { FileRecordForm } from './file-records.js';
import type { PackageReport } from './package-report.js';

const DPKG = '/var/lib/dpkg/';
const DATABASE = /\/var\/lib\/dpkg\/(?:status|status\.d\/[^/]+|info\/[^/]+\.(?:md5sums|conffiles|list))$/;
const STANZAS = /^(.*)\/var\/lib\/dpkg\/(?:(status)|status\.d\/[^/]+(?<!\.md5sums))$/;
const COPYRIGHT = /^(.*)\/usr\/share\/doc\/([^/]+)\/copyright$/;

/** States of the third word of `Status:` in which files of the package are (partly) on disk (dpkg-query(1)). */
const PRESENT = new Set([
  'installed',
  'unpacked',
  'half-configured',
  'half-installed',
  'triggers-awaited',
  'triggers-pending',
]);

/** Debian packages from the database of dpkg and from the one-file-a-package form of distroless images. */
export const dpkg: Cataloger = {
  name: 'dpkg',
  version: 2,
  wants(path) {
    if (path.includes(DPKG)) return DATABASE.test(path) ? 'keep' : undefined;
    return path.endsWith('/copyright') && COPYRIGHT.test(path) ? 'extract' : undefined;
  },
  sizeLimit: (limits) => limits.keptFileBytes,
  extract: (_path, content) => copyrightLicences(content.toString('latin1')),
  catalog(image, report) {
    const licences = new Map<string, string[]>();
    for (const { path, value } of image.facts('dpkg')) licences.set(path, value as string[]);
    for (const path of image.keptPaths()) {
      const match = path.includes(DPKG) ? STANZAS.exec(path) : null;
      if (!match) continue;
      const [, root = '', status] = match;
      const directory = `${root}${DPKG}${status ? 'info/' : 'status.d/'}`;
      for (const stanza of parseStanzas(image.read(path)?.toString('utf8') ?? '')) {
        addPackage(image, report, stanza, licences, { root, directory });
      }
    }
  },
};

const NOTHING = Buffer.alloc(0);

/** Where a database lies: its root (see `rootOf`) and the directory with the lists of files. */
interface Place {
  root: string;
  directory: string;
}

function addPackage(
  image: ImageInventory,
  report: PackageReport,
  stanza: Stanza,
  licences: Map<string, string[]>,
  place: Place,
): void {
  const name = stanza.get('Package') ?? '';
  const version = stanza.get('Version') ?? '';
  if (name === '' || version === '' || !isPresent(stanza.get('Status'))) return;
  const arch = stanza.get('Architecture') ?? 'N/A';
  const maintainer = stanza.get('Maintainer');
  const size = Number(stanza.get('Installed-Size') ?? NaN);
  const found = licences.get(`${place.root}/usr/share/doc/${name}/copyright`) ?? [];
  const record = {
    version,
    release: 'N/A',
    sourcepkg: (stanza.get('Source') ?? 'N/A').split('(', 1)[0]?.trim() ?? 'N/A',
    arch,
    origin: maintainer === undefined ? 'N/A' : `${maintainer} (maintainer)`,
    // KiB in the database; readers expect the factor 1000.
    size: Number.isSafeInteger(size) ? String(size * 1000) : 'N/A',
    license: found.length > 0 ? found.join(' ') : 'Unknown',
    type: 'dpkg',
    cpes: cpes({ kind: 'os', name, version }),
  };
  // Two architectures of one package: the second goes under the name that dpkg itself gives it.
  const key = report.addOsPackage(name, [`${name}:${arch}`, `${place.root}:${name}:${arch}`], record);
  report.add('pkgs.all', key, version);
  report.add('pkgs_plus_source.all', key, version);
  addFiles(image, report, { name, arch, ...place }, parseConffiles(stanza.get('Conffiles') ?? ''));
}

function addFiles(
  image: ImageInventory,
  report: PackageReport,
  from: Place & { name: string; arch: string },
  conffiles: ReadonlyMap<string, string>,
): void {
  const read = (kind: string) =>
    image.read(`${from.directory}${from.name}:${from.arch}.${kind}`) ??
    image.read(`${from.directory}${from.name}.${kind}`);
  const form = (conffile: boolean): FileRecordForm => ({
    arch: from.arch,
    record: {
      ...{ group: null, mode: null, size: null, user: null },
      ...{ package: from.name, digestalgo: 'md5', conffile, digest: null },
    },
  });
  const [file, conffile] = [form(false), form(true)];
  for (const [listed, digest] of parseMd5sums(read('md5sums') ?? NOTHING)) {
    const path = image.canonicalPath(from.root + listed);
    report.packageFiles.set(path, 'DPKGFILE');
    if (!conffiles.has(listed)) report.addFileRecord(path, file, digest);
  }
  for (const [listed, digest] of conffiles) {
    const path = image.canonicalPath(from.root + listed);
    report.packageFiles.set(path, 'DPKGFILE');
    report.addFileRecord(path, conffile, digest);
  }
  for (const kind of ['conffiles', 'list']) {
    for (const line of read(kind)?.toString('utf8').split('\n') ?? []) {
      if (!line.startsWith('/') || line === '/.') continue;
      const path = image.canonicalPath(from.root + line);
      if (report.packageFiles.get(path) === 'DPKGFILE') continue;
      // Directories belong to many packages; links and files to the one that lists them.
      if (kind === 'conffiles' || ['file', 'slink'].includes(image.get(path)?.type ?? '')) {
        report.packageFiles.set(path, 'DPKGFILE');
      }
    }
  }
}

function isPresent(status: string | undefined): boolean {
  // Distroless stanzas have no state: what is there is installed.
  return status === undefined || PRESENT.has(status.trim().split(/\s+/)[2] ?? '');
}
