import { packageUrl } from './package-url.js';

/** Content types that hold packages, in the order in which documents list them. */
export const PACKAGE_TYPES = ['os', 'npm', 'gem', 'python', 'java', 'go', 'nuget', 'binary'] as const;

export type PackageType = (typeof PACKAGE_TYPES)[number];

/** One package record as `image_content_data` holds it. */
export interface PackageEntry {
  type: PackageType;
  key: string;
  record: Record<string, unknown>;
}

/** The distribution whose packages the OS packages are; of the image summary. */
export interface SbomDistro {
  /** `debian`, `rhel`, ... */
  name: string;
  version: string;
}

/** What a bill of materials says of one package; '' for what is not known. */
export interface SbomPackage {
  /** Distinct in the image and the same in every document made of it: type and key. */
  id: string;
  name: string;
  version: string;
  /** Maven group. */
  group: string;
  purl: string;
  cpes: string[];
  /** As the package states them. */
  licenses: string[];
  /** Path in the image. */
  location: string;
  supplier: string;
}

/**
 * The packages of a stored `image_content_data` document, one after the other. Other members are passed over, and so are
 * packages of types that this version does not know.
 */
export function* packagesOf(content: Readonly<Record<string, unknown>>): Generator<PackageEntry> {
  for (const type of PACKAGE_TYPES) {
    const records = content[type];
    if (typeof records !== 'object' || records === null) continue;
    for (const [key, record] of Object.entries(records)) {
      if (typeof record === 'object' && record !== null) yield { type, key, record: record as Record<string, unknown> };
    }
  }
}

/** One package in the terms of bills of materials. */
export function sbomPackage({ type, key, record }: PackageEntry, distro: SbomDistro): SbomPackage {
  const name = text(record['name']) || key;
  const facts = { type, name, version: version(type, record), record, distro };
  return {
    id: `${type}:${key}`,
    name,
    version: facts.version,
    group: type === 'java' ? mavenGroup(record) : '',
    purl: packageUrl(facts),
    cpes: texts(record['cpes']),
    licenses: licenses(type, record),
    location: type === 'os' ? '' : text(record['location']) || key,
    supplier: supplier(type, record),
  };
}

/** The group id that Maven coordinates state; '' when the archive has none. */
export function mavenGroup(record: Record<string, unknown>): string {
  return known(record['maven-version']) === '' ? '' : known(record['origin']);
}

/** Release and version as the package manager shows them. */
function version(type: PackageType, record: Record<string, unknown>): string {
  if (type === 'npm' || type === 'gem') return texts(record['versions'])[0] ?? '';
  if (type === 'java') {
    const stated = ['maven-version', 'implementation-version', 'specification-version'].map((key) =>
      known(record[key]),
    );
    return stated.find((value) => value !== '') ?? '';
  }
  const release = type === 'os' ? known(record['release']) : '';
  return `${text(record['version'])}${release === '' ? '' : `-${release}`}`;
}

function licenses(type: PackageType, record: Record<string, unknown>): string[] {
  if (type === 'npm' || type === 'gem') return texts(record['lics']);
  const stated = known(record['license']);
  if (stated === '') return [];
  // The words that were found in a copyright file; elsewhere it is one expression.
  return record['type'] === 'dpkg' ? stated.split(/\s+/) : [stated];
}

function supplier(type: PackageType, record: Record<string, unknown>): string {
  if (type === 'npm' || type === 'gem') return texts(record['origins']).join(', ');
  return type === 'java' ? '' : known(record['origin']).replace(/ \(maintainer\)$/, '');
}

/** '' for the words that stand for "not known" in records. */
function known(value: unknown): string {
  const stated = text(value).trim();
  return ['n/a', '(none)', 'unknown', 'none'].includes(stated.toLowerCase()) ? '' : stated;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((item) => typeof item === 'string') : [];
}
