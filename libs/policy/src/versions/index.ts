import { compareApk } from './apk.js';
import { compareDpkg } from './dpkg.js';
import { compareRpm } from './rpm.js';

/** Families of distributions that order versions in the same way. */
export type VersionScheme = 'dpkg' | 'rpm' | 'apk';

const COMPARE = { dpkg: compareDpkg, rpm: compareRpm, apk: compareApk };

const BY_DISTRO: Readonly<Record<string, VersionScheme>> = {
  ...{ debian: 'dpkg', ubuntu: 'dpkg', raspbian: 'dpkg', linuxmint: 'dpkg', kali: 'dpkg' },
  ...{ alpine: 'apk', wolfi: 'apk', chainguard: 'apk' },
  ...{
    rhel: 'rpm',
    centos: 'rpm',
    fedora: 'rpm',
    ol: 'rpm',
    oracle: 'rpm',
    amzn: 'rpm',
    rocky: 'rpm',
    almalinux: 'rpm',
  },
  ...{ sles: 'rpm', suse: 'rpm', opensuse: 'rpm', 'opensuse-leap': 'rpm', photon: 'rpm', mariner: 'rpm' },
};

const BY_PACKAGE_TYPE: Readonly<Record<string, VersionScheme>> = {
  dpkg: 'dpkg',
  deb: 'dpkg',
  rpm: 'rpm',
  apkg: 'apk',
  apk: 'apk',
};

/** Negative, zero or positive as `left` is older than, equal to or newer than `right`. */
export function compareVersions(scheme: VersionScheme, left: string, right: string): number {
  return COMPARE[scheme](left, right);
}

/**
 * How versions of a package are ordered: by its type, else by the distribution. Undefined when neither is known.
 * `like`: the names of distributions that the image's is like, in `like_distro` form.
 */
export function versionScheme(
  packageType: string,
  distro: string | null,
  like: string | null,
): VersionScheme | undefined {
  const byType = lookUp(BY_PACKAGE_TYPE, packageType);
  if (byType) return byType;
  const names = [distro ?? '', ...(like ?? '').split(/[\s,]+/)];
  return names.map((name) => lookUp(BY_DISTRO, name)).find((scheme) => scheme !== undefined);
}

function lookUp(table: Readonly<Record<string, VersionScheme>>, name: string): VersionScheme | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
