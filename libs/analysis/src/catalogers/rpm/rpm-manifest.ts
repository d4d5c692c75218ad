import type { RpmPackage } from './rpm-package.js';

/**
 * The list of packages of an image without package manager (Mariner, Azure Linux distroless: `container-manifest-2`), one a
 * line: name, version-release, install time, build time, vendor, epoch, size, architecture, epoch number, source rpm,
 * parted by tabs. Lines with fewer fields are passed over.
 */
export function* parseRpmManifest(text: string): Generator<RpmPackage> {
  for (const line of text.split('\n')) {
    const [name = '', full = '', , , vendor = '', epoch = '', size = '', architecture = '', , sourceRpm] =
      line.split('\t');
    const dash = full.lastIndexOf('-');
    if (name === '' || dash < 1 || sourceRpm === undefined) continue;
    const stated = (value: string) => (value === '(none)' ? '' : value.trim());
    yield {
      name,
      version: full.slice(0, dash),
      release: full.slice(dash + 1),
      ...(/^\d{1,9}$/.test(epoch) ? { epoch: Number(epoch) } : {}),
      architecture: stated(architecture),
      vendor: stated(vendor),
      license: '',
      sourceRpm: stated(sourceRpm),
      size: Number(/^\d{1,15}$/.exec(size)?.[0] ?? 0),
      algorithm: 'unknown',
      directories: [],
      users: [],
      groups: [],
      files: [],
    };
  }
}
