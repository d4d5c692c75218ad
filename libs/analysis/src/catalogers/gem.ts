import { baseName } from '../layer/entry-path.js';
import type { Cataloger } from './cataloger.js';
import { cpes, personVendor } from './cpe.js';
import { parseGemSpec, type GemSpec } from './gemspec.js';

/** Ruby gems: the specifications that RubyGems keeps of installed ones, those of the standard library included. */
export const gem: Cataloger = {
  name: 'gem',
  version: 1,
  wants: (path) => (path.endsWith('.gemspec') && path.includes('/specifications/') ? 'extract' : undefined),
  sizeLimit: () => 4 * 1024 * 1024,
  extract(path, content) {
    const spec = parseGemSpec(content.toString('utf8'), baseName(path));
    if (spec.name === '' || spec.version === '') throw new Error('it states neither name nor version');
    return spec;
  },
  catalog(image, report) {
    for (const { path, value } of image.facts('gem')) {
      const { name, version, homepage, files, authors, licenses } = value as GemSpec;
      const vendors = authors.map((author) => personVendor(author.split('@')[0] ?? ''));
      const record = {
        name,
        versions: [version],
        latest: version,
        sourcepkg: homepage,
        files,
        origins: authors,
        lics: licenses,
        cpes: cpes({
          kind: 'gem',
          name,
          version,
          vendors: [...vendors, { value: 'ruby-lang', prefixes: true }],
          anyVendor: true,
        }),
      };
      report.add('pkgs.gems', path, record, path);
    }
  },
};
