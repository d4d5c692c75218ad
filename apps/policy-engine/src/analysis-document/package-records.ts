import { cpeNames } from './cpe-names.js';
import { list, number, object, text } from './image-facts.js';

/** A package of an image as it is stored. */
export interface PackageRow {
  name: string;
  /** Without release. */
  version: string;
  /** `N/A` when there is none. */
  release: string;
  type: string;
  arch: string;
  /** `pkgdb` for packages of the operating system. */
  path: string;
  size: number | null;
  license: string | null;
  origin: string | null;
  source: string | null;
  /** What CPEs of a language package say, `product version`, each once; null when it has none. */
  cpeNames: string[] | null;
}

type Json = Record<string, unknown>;

const NONE = 'N/A';
/** Package types whose files the operating system's package database lists. */
const OS_TYPES = new Set(['dpkg', 'rpm', 'apkg']);

/** True for a package of the operating system. */
export function isOsPackage(row: PackageRow): boolean {
  return OS_TYPES.has(row.type.toLowerCase());
}

/**
 * The row of one record of a `package_list` element (policy spec 6.2); undefined when the element holds no packages or
 * the record no name.
 */
export function packageRow(element: string, key: string, value: unknown): PackageRow | undefined {
  const read = ELEMENTS[element] ?? (element.startsWith('pkgs.') && element !== 'pkgs.all' ? other : undefined);
  const record = object(value);
  if (read === undefined) return undefined;
  const row = read(key, record);
  return row.name === '' ? undefined : row;
}

const ELEMENTS: Record<string, (key: string, record: Json) => PackageRow> = {
  'pkgs.allinfo': osPackage,
  'pkgs.npms': (path, record) => versioned('npm', path, record),
  'pkgs.gems': (path, record) => versioned('gem', path, record),
  'pkgs.python': python,
  'pkgs.java': java,
};

function osPackage(key: string, record: Json): PackageRow {
  return {
    name: text(record['name']) ?? key,
    version: text(record['version']) ?? NONE,
    release: text(record['release']) ?? NONE,
    type: text(record['type']) ?? NONE,
    arch: text(record['arch']) ?? NONE,
    path: 'pkgdb',
    size: number(record['size']),
    license: licence(record),
    origin: text(record['origin']),
    source: text(record['sourcepkg']),
    cpeNames: null,
  };
}

function versioned(type: string, path: string, record: Json): PackageRow {
  return {
    ...language(type, path, record),
    version: text(list(record['versions'])[0]) ?? NONE,
    origin: joined(record['origins']),
    source: text(record['sourcepkg']),
  };
}

function python(path: string, record: Json): PackageRow {
  return { ...language('python', path, record), version: text(record['version']) ?? NONE };
}

function java(path: string, record: Json): PackageRow {
  const pom = pomProperties(object(record['metadata'])['pom.properties']);
  const known = [
    pom['version'],
    record['maven-version'],
    record['implementation-version'],
    record['specification-version'],
  ];
  const row = language('java', path, record);
  return {
    ...row,
    version: known.map(text).find((version) => version !== null && version !== NONE) ?? versionOfName(row.name),
    source: pom['groupId'] && pom['artifactId'] ? `${pom['groupId']}:${pom['artifactId']}` : null,
  };
}

function other(path: string, record: Json): PackageRow {
  const type = text(record['type']) ?? NONE;
  return {
    ...language(type, path, record),
    version: text(record['version']) ?? text(list(record['versions'])[0]) ?? NONE,
  };
}

function language(type: string, path: string, record: Json): PackageRow {
  return {
    name: text(record['name']) ?? '',
    version: NONE,
    release: NONE,
    type,
    arch: NONE,
    path,
    size: number(record['size']),
    license: licence(record),
    origin: text(record['origin']),
    source: null,
    cpeNames: cpeNames(record['cpes']),
  };
}

function licence(record: Json): string | null {
  return text(record['license']) ?? joined(record['lics']);
}

function joined(value: unknown): string | null {
  if (typeof value === 'string' && !value.startsWith('[')) return text(value);
  const words = list(value)
    .map(text)
    .filter((word) => word !== null);
  return words.length > 0 ? words.join(' ') : null;
}

/** `key=value` lines, or an object that has them already. */
function pomProperties(value: unknown): Record<string, string> {
  const pairs =
    typeof value === 'string'
      ? value.split('\n').map((line) => line.split(/=(.*)/s, 2))
      : Object.entries(object(value)).map(([key, member]) => [key, text(member) ?? '']);
  return Object.fromEntries(pairs.map(([key = '', member = '']) => [key.trim(), member.trim()]));
}

/** `commons-io-2.11.0` -> `2.11.0`. */
function versionOfName(name: string): string {
  return /-(\d+\..+)$/.exec(name)?.[1] ?? NONE;
}
