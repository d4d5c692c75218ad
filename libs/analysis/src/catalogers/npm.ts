import { cpes } from './cpe.js';
import type { Cataloger } from './cataloger.js';

interface NpmFacts {
  name: string;
  version: string;
  lics: string[];
  origins: string[];
  sourcepkg: string;
}

/** npm packages: every `package.json` with a name and a version, wherever it lies. */
export const npm: Cataloger = {
  name: 'npm',
  version: 1,
  wants: (path) => (path.endsWith('/package.json') ? 'extract' : undefined),
  sizeLimit: () => 4 * 1024 * 1024,
  extract: (_path, content) => parsePackageJson(content),
  catalog(image, report) {
    for (const { path, value } of image.facts('npm')) {
      const facts = value as NpmFacts;
      const record = {
        name: facts.name,
        versions: [facts.version],
        latest: facts.version,
        sourcepkg: facts.sourcepkg,
        origins: facts.origins,
        lics: facts.lics,
        cpes: cpes({ kind: 'npm', name: facts.name, version: facts.version, anyVendor: true }),
      };
      report.add('pkgs.npms', path, record, path);
    }
  },
};

/** Facts of a `package.json`; undefined when it names no package. Throws when the text is not a JSON object. */
export function parsePackageJson(content: Buffer): NpmFacts | undefined {
  const json = JSON.parse(content.toString('utf8').replace(/^\uFEFF/, '')) as Record<string, unknown> | null;
  if (typeof json !== 'object' || json === null) throw new Error('not a JSON object');
  const name = text(json['name']);
  const version = text(json['version']);
  if (name === '' || version === '') return undefined;
  const authors = [json['author'], ...(Array.isArray(json['authors']) ? (json['authors'] as unknown[]) : [])];
  return {
    name,
    version,
    lics: licences(json),
    origins: authors.map(person).filter((author) => author !== ''),
    sourcepkg: text(json['repository']) || property(json['repository'], 'url') || text(json['homepage']),
  };
}

function licences(json: Record<string, unknown>): string[] {
  const own = text(json['license']) || property(json['license'], 'type');
  if (own !== '') return [own];
  const list = Array.isArray(json['licenses']) ? (json['licenses'] as unknown[]) : [];
  return list.map((item) => text(item) || property(item, 'type')).filter((item) => item !== '');
}

/** Renders `Name <mail> (url)`. */
function person(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  const mail = property(value, 'email');
  const url = property(value, 'url');
  const parts = [property(value, 'name'), mail === '' ? '' : `<${mail}>`, url === '' ? '' : `(${url})`];
  return parts.filter((part) => part !== '').join(' ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function property(value: unknown, key: string): string {
  return typeof value === 'object' && value !== null ? text((value as Record<string, unknown>)[key]) : '';
}
