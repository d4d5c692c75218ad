import type { RuntimeFacts } from './catalogers/binary.js';
import type { ImageInventory } from './image-inventory.js';

/** Name, version and relatives of the distribution, as `analyzer_meta` states them. */
export interface Distro {
  DISTRO: string;
  DISTROVERS: string;
  /** Comma separated. */
  LIKEDISTRO: string;
}

const OS_RELEASE = ['/etc/os-release', '/usr/lib/os-release'];
const SYSTEM_RELEASE_CPE = '/etc/system-release-cpe';
const REDHAT_RELEASE = '/etc/redhat-release';
const DEBIAN_VERSION = '/etc/debian_version';
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];

/** Files that tell the distribution; layers keep them. Links to other files of this list are followed. */
export const DISTRO_FILES: readonly string[] = [
  ...OS_RELEASE,
  '/usr/lib/system-release-cpe',
  '/usr/lib/redhat-release',
  '/etc/centos-release',
  '/usr/lib/centos-release',
  '/usr/lib/fedora-release',
  '/etc/fedora-release',
  '/etc/rocky-release',
  '/etc/almalinux-release',
  SYSTEM_RELEASE_CPE,
  REDHAT_RELEASE,
  DEBIAN_VERSION,
];

/** Finds out the distribution: os-release(5) first, then the files of Red Hat's family, then busybox. */
export function detectDistro(image: ImageInventory): Distro {
  const found = fromOsRelease(image) ?? fromCpe(image) ?? fromRedHat(image) ?? fromBusybox(image);
  const distro = found ?? { DISTRO: 'Unknown', DISTROVERS: '0', LIKEDISTRO: '' };
  if (distro.DISTRO === 'debian' && distro.DISTROVERS === '') distro.DISTROVERS = debianVersion(image);
  return {
    DISTRO: distro.DISTRO,
    DISTROVERS: distro.DISTROVERS || '0',
    LIKEDISTRO: distro.LIKEDISTRO || distro.DISTRO,
  };
}

/** Variables of an os-release file; quotes and backslashes as in a shell, comments and other lines ignored. */
export function parseOsRelease(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^([A-Z0-9_a-z]+)=(.*)$/.exec(line.trim());
    if (!match) continue;
    const raw = (match[2] ?? '').trim();
    const quoted = /^(["'])(.*)\1$/.exec(raw);
    const value = quoted ? (quoted[2] ?? '') : raw;
    fields.set(match[1] ?? '', quoted?.[1] === "'" ? value : value.replace(/\\(["$`\\])/g, '$1'));
  }
  return fields;
}

function fromOsRelease(image: ImageInventory): Distro | undefined {
  for (const path of OS_RELEASE) {
    const fields = parseOsRelease(text(image, path) ?? '');
    const id = fields.get('ID');
    if (id === undefined || id === '') continue;
    return {
      DISTRO: id,
      DISTROVERS: fields.get('VERSION_ID') ?? '',
      LIKEDISTRO: (fields.get('ID_LIKE') ?? '').split(/\s+/).filter(Boolean).join(','),
    };
  }
  return undefined;
}

function fromCpe(image: ImageInventory): Distro | undefined {
  // `cpe:/o:vendor:product:version` or, newer, `cpe:2.3:o:vendor:product:version`.
  const fields = (text(image, SYSTEM_RELEASE_CPE) ?? '')
    .trim()
    .replace(/^cpe:2\.3:o:/, 'cpe:/o:')
    .split(':');
  const vendor = (fields[2] ?? '').toLowerCase();
  const name = vendor.includes('fedora')
    ? 'fedora'
    : vendor.includes('redhat')
      ? 'rhel'
      : vendor.includes('centos')
        ? 'centos'
        : '';
  return name === '' ? undefined : { DISTRO: name, DISTROVERS: fields[4] ?? '', LIKEDISTRO: '' };
}

function fromRedHat(image: ImageInventory): Distro | undefined {
  const line = (text(image, REDHAT_RELEASE) ?? '').toLowerCase();
  const name = line.includes('centos')
    ? 'centos'
    : line.includes('red hat') || line.includes('redhat')
      ? 'rhel'
      : line.includes('fedora')
        ? 'fedora'
        : '';
  const version = /release\s+(\d+(?:\.\d+)*)/.exec(line)?.[1] ?? /\d+(?:\.\d+)*/.exec(line)?.[0] ?? '';
  return name === '' ? undefined : { DISTRO: name, DISTROVERS: version, LIKEDISTRO: '' };
}

function fromBusybox(image: ImageInventory): Distro | undefined {
  for (const path of BUSYBOX) {
    const entry = image.resolve(path);
    if (entry === undefined) continue;
    const facts = image.facts('binary').find((fact) => fact.path === entry.path)?.value as RuntimeFacts | undefined;
    return { DISTRO: 'busybox', DISTROVERS: facts ? `v${facts.version}` : '', LIKEDISTRO: '' };
  }
  return undefined;
}

function debianVersion(image: ImageInventory): string {
  const version = text(image, DEBIAN_VERSION) ?? '';
  return version.includes('sid') ? 'unstable' : (/^\d+/.exec(version)?.[0] ?? '');
}

function text(image: ImageInventory, path: string): string | undefined {
  const entry = image.resolve(path);
  return entry === undefined ? undefined : image.read(entry.path)?.toString('utf8');
}
