import type { Cataloger } from './cataloger.js';
import { cpes } from './cpe.js';
import { mayBeGo, readBuildInfo, type GoBuildInfo } from './go/build-info.js';

/** Go modules that programs were built from, by the build information in the programs. */
export const go: Cataloger = {
  name: 'go',
  version: 1,
  wants: () => undefined,
  wantsExecutable: mayBeGo,
  sizeLimit: (limits) => limits.executableBytes,
  extract: (_path, content) => readBuildInfo(content),
  catalog(image, report) {
    for (const { path, value } of image.facts('go')) {
      const info = value as GoBuildInfo;
      for (const { path: name, version, sum } of info.modules) {
        const record = {
          name,
          version,
          location: path,
          type: 'go',
          files: [],
          license: 'N/A',
          origin: 'N/A',
          cpes: goCpes(name, version),
          metadata: { goCompiledVersion: info.goVersion, architecture: info.architecture, h1Digest: sum },
        };
        report.add('pkgs.go', `${path}:${name}@${version}`, record, path);
      }
    }
  },
};

/** A module's path is host, vendor and product; the hosts of the Go project itself name no vendor. */
export function goCpes(name: string, version: string): string[] {
  const [host = '', ...parts] = name.split('/');
  const [first = '', second = ''] = parts;
  let product = second;
  let vendor = parts.length < 2 ? '' : first;
  if (host === 'golang.org' || host === 'gopkg.in') {
    product = parts.join('/');
    vendor = host === 'golang.org' ? 'golang' : '';
  } else if (host === 'google.golang.org') {
    product = first;
    vendor = 'google';
  }
  if (product === '' || vendor === '') return [];
  const vendors = [{ value: vendor, prefixes: true }];
  return cpes({ kind: 'go', name, version, products: [product], vendors, onlyVendors: true });
}
