import { PackageURL } from 'packageurl-js';
import { mavenGroup, type PackageType, type SbomDistro } from './sbom-package.js';

interface PackageFacts {
  type: PackageType;
  name: string;
  version: string;
  record: Record<string, unknown>;
  distro: SbomDistro;
}

/** Parts of a package URL. */
interface Parts {
  type: string;
  namespace?: string;
  name: string;
  version: string;
  qualifiers?: Record<string, string>;
}

/** The package URL (purl-spec) of a package; '' for one that has none, such as a Java archive without coordinates. */
export function packageUrl(facts: PackageFacts): string {
  const parts = partsOf(facts);
  if (!parts) return '';
  const { type, namespace, name, version, qualifiers } = parts;
  try {
    return new PackageURL(type, namespace, name, version || undefined, qualifiers, undefined).toString();
  } catch {
    return ''; // a name that the type does not allow; the package is listed without a URL
  }
}

function partsOf({ type, name, version, record, distro }: PackageFacts): Parts | undefined {
  switch (type) {
    case 'os':
      return osParts(name, version, record, distro);
    case 'npm': {
      const slash = name.startsWith('@') ? name.indexOf('/') : -1;
      return slash < 0
        ? { type: 'npm', name, version }
        : { type: 'npm', namespace: name.slice(0, slash), name: name.slice(slash + 1), version };
    }
    case 'gem':
    case 'nuget':
      return { type, name, version };
    case 'python':
      return { type: 'pypi', name, version };
    case 'java': {
      const namespace = mavenGroup(record);
      return namespace === '' ? undefined : { type: 'maven', namespace, name, version };
    }
    case 'go': {
      const slash = name.lastIndexOf('/');
      return { type: 'golang', namespace: name.slice(0, Math.max(0, slash)), name: name.slice(slash + 1), version };
    }
    case 'binary':
      return { type: 'generic', name, version };
  }
}

const OS_TYPES: Record<string, string> = { rpm: 'rpm', dpkg: 'deb', apkg: 'apk' };

function osParts(name: string, full: string, record: Record<string, unknown>, distro: SbomDistro): Parts | undefined {
  const type = OS_TYPES[String(record['type']).toLowerCase()];
  if (type === undefined) return undefined;
  const qualifiers: Record<string, string> = {};
  const arch = record['arch'];
  if (typeof arch === 'string' && arch !== 'N/A') qualifiers['arch'] = arch;
  if (distro.name !== '' && distro.name !== 'Unknown') {
    qualifiers['distro'] = distro.version === '0' ? distro.name : `${distro.name}-${distro.version}`;
  }
  const upstream = record['sourcepkg'];
  if (typeof upstream === 'string' && upstream !== 'N/A' && upstream !== name) qualifiers['upstream'] = upstream;
  const epoch = type === 'rpm' ? /^(\d+):/.exec(full)?.[1] : undefined;
  if (epoch !== undefined) qualifiers['epoch'] = epoch;
  const version = epoch === undefined ? full : full.slice(epoch.length + 1);
  return { type, namespace: distro.name === 'Unknown' ? '' : distro.name, name, version, qualifiers };
}
