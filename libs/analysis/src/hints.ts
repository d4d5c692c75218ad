import type { PackageReport } from './catalogers/package-report.js';
import type { ImageInventory } from './image-inventory.js';

/** Where an image may list packages that cannot be seen in its files. */
export const HINTS_FILE = '/anchore_hints.json';

const MAX_HINTS = 100_000;

type Hint = Record<string, unknown>;

/** A record that a hint stands for. `replaces`: it may take the place of one that was found. */
interface HintedPackage {
  element: string;
  /** The first one that is free. */
  keys: string[];
  record: object;
  replaces?: boolean;
}

/**
 * Adds the packages of the image's hints file, `{"packages": [{"type", "name", "version", ...}]}`. What the analysis
 * found stays, except for binaries. Records that lack something or have the wrong shape are left out with a warning.
 *
 * Throws when the file is there and is no JSON of that form.
 */
export function applyHints(image: ImageInventory, report: PackageReport): void {
  const content = image.read(HINTS_FILE);
  if (!content) return;
  const json = JSON.parse(content.toString('utf8')) as { packages?: unknown } | null;
  if (!Array.isArray(json?.packages)) throw new Error(`${HINTS_FILE} has no list "packages"`);
  for (const [index, hint] of (json.packages as unknown[]).slice(0, MAX_HINTS).entries()) {
    try {
      add(report, hintedPackage(hint));
    } catch (error) {
      report.warnings.push(`${HINTS_FILE}: left out package ${index}: ${(error as Error).message}`);
    }
  }
}

function add(report: PackageReport, hinted: HintedPackage): void {
  const { element, keys, record, replaces } = hinted;
  const [first = ''] = keys;
  if (replaces) report.replace(element, first, record);
  else keys.find((key) => report.add(element, key, record));
}

function hintedPackage(value: unknown): HintedPackage {
  if (typeof value !== 'object' || value === null) throw new Error('it is no object');
  const hint = value as Hint;
  const type = text(hint, 'type').toLowerCase();
  const name = text(hint, 'name');
  const version = text(hint, 'version') || (texts(hint, 'version')[0] ?? '');
  if (type === '' || name === '' || version === '') throw new Error('it lacks name, version or type');
  const build = Object.hasOwn(BUILDERS, type) ? BUILDERS[type] : undefined;
  if (!build) throw new Error(`its type ${JSON.stringify(type.slice(0, 100))} is not known`);
  return build(hint, name, version);
}

const BUILDERS: Record<string, (hint: Hint, name: string, version: string) => HintedPackage> = {
  rpm(hint, name, stated) {
    const [version, release] = versionAndRelease(hint, stated, 'N/A');
    const plain = version.replace(/^\d+:/, '');
    return osPackage(hint, name, {
      version,
      release,
      arch: text(hint, 'arch') || 'x86_64',
      sourcepkg: text(hint, 'source') || text(hint, 'sourcepkg') || `${name}-${plain}-${release}.src.rpm`,
      type: 'rpm',
    });
  },
  dpkg: (hint, name, version) =>
    osPackage(hint, name, {
      version,
      release: 'N/A',
      arch: text(hint, 'arch') || 'amd64',
      sourcepkg: text(hint, 'source') || text(hint, 'sourcepkg') || `${name}-${version}`,
      type: 'dpkg',
    }),
  apkg(hint, name, stated) {
    const [version, release] = versionAndRelease(hint, stated, undefined);
    return osPackage(hint, name, {
      name,
      version,
      release,
      arch: text(hint, 'arch') || 'x86_64',
      sourcepkg: text(hint, 'source') || text(hint, 'sourcepkg') || name,
      files: texts(hint, 'files'),
      type: 'APKG',
    });
  },
  npm: (hint, name) => listedPackage('pkgs.npms', 'npmpkg', hint, name),
  gem: (hint, name) => listedPackage('pkgs.gems', 'gempkg', hint, name),
  python(hint, name, version) {
    const location = text(hint, 'location') || '/virtual/pypkg/site-packages';
    return {
      element: 'pkgs.python',
      keys: [location, `${location}/${name}-${version}`],
      record: {
        name,
        version,
        latest: version,
        ...described(hint),
        location,
        files: texts(hint, 'files'),
        type: 'python',
      },
    };
  },
  java(hint, name, version) {
    const location = text(hint, 'location') || `/virtual/javapkg/${name}-${version}.jar`;
    const record = {
      name,
      'specification-version': version,
      'implementation-version': version,
      'maven-version': version,
      origin: text(hint, 'origin'),
      location,
      type: 'java-jar',
      metadata: object(hint, 'metadata'),
    };
    return { element: 'pkgs.java', keys: [location], record };
  },
  go(hint, name, version) {
    const location = text(hint, 'location') || `/virtual/gopkg/${name}-${version}`;
    const record = {
      name,
      version,
      arch: text(hint, 'arch') || 'x86_64',
      sourcepkg: text(hint, 'source') || name,
      ...described(hint),
      location,
      size: text(hint, 'size') || '0',
      type: 'go',
    };
    return { element: 'pkgs.go', keys: [location], record };
  },
  binary(hint, name, version) {
    const location = text(hint, 'location') || `/virtual/binarypkg/${name}-${version}`;
    const record = { name, version, ...described(hint), location, files: texts(hint, 'files'), type: 'binary' };
    return { element: 'pkgs.binary', keys: [location], record, replaces: true };
  },
};

function osPackage(hint: Hint, name: string, facts: object): HintedPackage {
  const record = {
    ...facts,
    origin: text(hint, 'origin'),
    license: text(hint, 'license'),
    size: text(hint, 'size') || '0',
  };
  return { element: 'pkgs.allinfo', keys: [name], record };
}

function listedPackage(element: string, folder: string, hint: Hint, name: string): HintedPackage {
  const versions = texts(hint, 'version');
  const location = text(hint, 'location') || `/virtual/${folder}/${name}-${versions[0] ?? ''}`;
  const record = {
    name,
    versions,
    latest: text(hint, 'latest') || (versions[0] ?? ''),
    sourcepkg: text(hint, 'source') || text(hint, 'sourcepkg') || name,
    origins: texts(hint, 'origin'),
    lics: texts(hint, 'license'),
    files: texts(hint, 'files'),
  };
  return { element, keys: [location], record };
}

function described(hint: Hint) {
  return { origin: text(hint, 'origin'), license: text(hint, 'license'), metadata: object(hint, 'metadata') };
}

/** `1:2.0-3` -> `1:2.0` and `3`, unless the release is stated apart. Throws when there is neither it nor a default. */
function versionAndRelease(hint: Hint, version: string, otherwise: string | undefined): [string, string] {
  const stated = text(hint, 'release');
  if (stated !== '') return [version, stated];
  const dash = version.lastIndexOf('-');
  if (dash > 0) return [version.slice(0, dash), version.slice(dash + 1)];
  if (otherwise === undefined) throw new Error('its version has no release');
  return [version, otherwise];
}

function text(hint: Hint, key: string): string {
  const value = hint[key];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A list under the key or its plural; one text is a list of one. Throws for lists of anything else. */
function texts(hint: Hint, key: string): string[] {
  const value = hint[`${key}s`] ?? hint[key] ?? [];
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.some((item) => typeof item !== 'string')) throw new Error(`${key} is no list of texts`);
  return list as string[];
}

function object(hint: Hint, key: string): object {
  const value = hint[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
