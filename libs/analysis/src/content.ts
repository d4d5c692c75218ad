import { mimeBase64 } from './search-patterns.js';

type Fields = Record<string, unknown>;

/** Content types that every analysed image has, in the order in which they are listed. */
export const CONTENT_TYPES: readonly string[] = [
  'os',
  'files',
  'npm',
  'gem',
  'python',
  'java',
  'binary',
  'go',
  'nuget',
  'malware',
];

/** Metadata types; every other name is a content type. */
export const METADATA_TYPES: readonly string[] = ['manifest', 'docker_history', 'dockerfile'];

/**
 * The value that the content and metadata endpoints answer for one type, made from what `image_content_data` stores for
 * it: a list of elements, or base64 text for metadata. Empty content is `[]` for every type.
 */
export function contentFor(type: string, stored: unknown): unknown {
  if (isEmpty(stored)) return [];
  if (METADATA_TYPES.includes(type)) return mimeBase64(typeof stored === 'string' ? stored : JSON.stringify(stored));
  if (type === 'malware') return stored;
  return [...contentElements(type, Object.entries(stored as Record<string, Fields>))];
}

/** Elements of one content type one by one, for answers that are written as a stream. */
export function* contentElements(type: string, entries: Iterable<[string, Fields]>): Generator<Fields> {
  const format = FORMATS[type] ?? generic;
  for (const [key, record] of entries) yield format(key, record);
}

const FORMATS: Record<string, (key: string, record: Fields) => Fields> = {
  os: (key, record) => {
    const license = text(record['license']);
    return {
      package: text(record['name']) ?? key,
      license,
      licenses: words(license),
      origin: record['origin'] ?? null,
      size: record['size'] ?? null,
      type: record['type'] ?? null,
      version: osVersion(record),
      cpes: record['cpes'] ?? [],
      sourcepkg: record['sourcepkg'] ?? null,
    };
  },
  npm: (key, record) => listed('NPM', key, record),
  gem: (key, record) => listed('GEM', key, record),
  python: (key, record) => ({
    package: record['name'] ?? null,
    type: 'PYTHON',
    location: record['location'] ?? key,
    version: record['version'] ?? null,
    origin: text(record['origin']) || 'Unknown',
    license: text(record['license']) || 'Unknown',
    licenses: words(text(record['license']) || 'Unknown'),
    cpes: record['cpes'] ?? [],
  }),
  java: (key, record) => ({
    package: record['name'] ?? null,
    type: String((record['type'] as string | undefined) ?? 'java').toUpperCase(),
    location: record['location'] ?? key,
    'specification-version': record['specification-version'] ?? 'N/A',
    'implementation-version': record['implementation-version'] ?? 'N/A',
    'maven-version': record['maven-version'] ?? 'N/A',
    origin: record['origin'] ?? 'N/A',
    cpes: record['cpes'] ?? 'N/A',
    metadata: record['metadata'] ?? {},
    version: javaVersion(record),
  }),
  files: (key, record) => {
    const sha256 = text(record['sha256']);
    const mode = record['mode'];
    return {
      filename: record['name'] ?? key,
      linkdest: record['linkdst'] ?? null,
      size: record['size'] ?? null,
      mode: typeof mode === 'number' ? (mode & 0o7777).toString(8).padStart(5, '0') : null,
      sha256: sha256 === null || sha256 === 'DIRECTORY_OR_OTHER' ? null : sha256,
      type: record['type'] ?? null,
      uid: record['uid'] ?? null,
      gid: record['gid'] ?? null,
    };
  },
};

/** Types without a form of their own: `go`, `binary`, `nuget`, ... */
function generic(key: string, record: Fields): Fields {
  const or = (name: string) => text(record[name]) || 'Unknown';
  return {
    package: record['name'] ?? key,
    type: (text(record['type']) ?? 'unknown').toUpperCase(),
    location: or('location'),
    version: or('version'),
    origin: or('origin'),
    license: or('license'),
    licenses: words(or('license')),
    cpes: record['cpes'] ?? [],
  };
}

function listed(type: string, key: string, record: Fields): Fields {
  const list = (name: string) => (Array.isArray(record[name]) ? (record[name] as string[]) : []);
  const licences = list('lics');
  return {
    package: record['name'] ?? null,
    type,
    location: key,
    version: list('versions')[0] ?? null,
    origin: list('origins').join(',') || 'Unknown',
    license: licences.join(' ') || 'Unknown',
    licenses: licences.length > 0 ? licences : ['Unknown'],
    cpes: record['cpes'] ?? [],
  };
}

function osVersion(record: Fields): string | null {
  const version = text(record['version']);
  const release = text(record['release']);
  const type = (text(record['type']) ?? '').toLowerCase();
  const joined = ['rpm', 'dpkg', 'apkg', 'kb'].includes(type) && known(version) && known(release);
  return joined ? `${version}-${release}` : version;
}

function javaVersion(record: Fields): string {
  const maven = text(record['maven-version']);
  if (known(maven)) return maven ?? '';
  const cpe = Array.isArray(record['cpes']) ? String((record['cpes'] as string[])[0] ?? '') : '';
  const version = cpe.split(/(?<!\\):/)[5]?.replaceAll('\\', '');
  return version === undefined || version === '' || version === '*' ? 'N/A' : version;
}

function known(value: string | null): boolean {
  return value !== null && value !== '' && !['n/a', 'none'].includes(value.toLowerCase());
}

function words(value: string | null): string[] {
  return value === null ? [] : value.split(/\s+/).filter((word) => word !== '');
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}

function isEmpty(stored: unknown): boolean {
  if (stored === null || stored === undefined || stored === '') return true;
  if (Array.isArray(stored)) return stored.length === 0;
  return typeof stored === 'object' && Object.keys(stored).length === 0;
}
