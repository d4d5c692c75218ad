import { baseName, parentOf } from '../layer/entry-path.js';
import type { Cataloger } from './cataloger.js';
import { readBuildInfo } from './go/build-info.js';

/** A runtime that was copied into the image instead of being installed as a package. */
export interface RuntimeFacts {
  runtime: 'python' | 'go' | 'busybox';
  /** `devel`: known by a file that comes with the sources. */
  kind: 'binary' | 'devel';
  version: string;
}

const PYTHON = /^(?:lib)?python(\d\.\d{1,2})(?:\.so[\d.]*)?$/;

/** Records are made in this order; of one runtime and version only the first file counts. */
const ORDER = ['python binary', 'python devel', 'go binary', 'go devel', 'busybox binary'];

/** Language runtimes and BusyBox by what their own files say. Comes last, since it leaves out what packages own. */
export const binary: Cataloger = {
  name: 'binary',
  version: 1,
  wants: (path) => (isOfInterest(baseName(path)) ? 'extract' : undefined),
  sizeLimit: (limits) => limits.archiveBytes,
  extract: (path, content) => runtimeFacts(baseName(path), content),
  catalog(image, report) {
    const found = image.facts('binary').map(({ path, value }) => ({ path, facts: value as RuntimeFacts }));
    const rank = ({ facts }: (typeof found)[number]) => ORDER.indexOf(`${facts.runtime} ${facts.kind}`);
    const seen = new Set<string>();
    for (const { path, facts } of found.toSorted((a, b) => rank(a) - rank(b))) {
      const { runtime: name, kind, version } = facts;
      if (report.packageFiles.has(path) || seen.has(`${name} ${version}`)) continue;
      seen.add(`${name} ${version}`);
      const program = `${parentOf(path)}/bin/go`;
      const location = name === 'go' && kind === 'devel' && image.get(program) ? program : path;
      const metadata = { evidence_type: kind };
      report.add('pkgs.binary', location, {
        name,
        version,
        location,
        type: 'binary',
        files: [],
        license: 'N/A',
        origin: 'N/A',
        metadata,
      });
    }
  },
};

function isOfInterest(file: string): boolean {
  return ['go', 'VERSION', 'busybox', 'patchlevel.h'].includes(file) || PYTHON.test(file);
}

/** The version in a file of such a name; undefined when there is none. */
export function runtimeFacts(file: string, content: Buffer): RuntimeFacts | undefined {
  const search = (pattern: RegExp) => pattern.exec(content.toString('latin1'))?.[1];
  const facts = (runtime: RuntimeFacts['runtime'], kind: RuntimeFacts['kind'], version: string | undefined) =>
    version === undefined ? undefined : { runtime, kind, version };
  switch (file) {
    case 'busybox':
      return facts('busybox', 'binary', search(/BusyBox v(\d{1,4}\.\d{1,4}\.\d{1,4})/));
    case 'patchlevel.h':
      return facts('python', 'devel', search(/^#define[ \t]+PY_VERSION[ \t]+"([\w.+-]{1,40})"/m));
    case 'VERSION':
      return facts('go', 'devel', search(/^go(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?(?:(?:beta|alpha|rc)\d{1,3})?)\b/));
    case 'go':
      return facts('go', 'binary', goVersion(content));
    default: {
      const series = PYTHON.exec(file)?.[1]?.replace('.', '\\.') ?? '';
      return facts('python', 'binary', search(new RegExp(`(?<![\\d.])(${series}\\.\\d{1,4}[\\w-]{0,40})`)));
    }
  }
}

/** The version that built the program is that of its tool chain; text in the program is a guess. */
function goVersion(content: Buffer): string | undefined {
  const release = /^go(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?(?:(?:beta|alpha|rc)\d{1,3})?)/;
  const built = readBuildInfo(content)?.goVersion;
  if (built !== undefined) return release.exec(built)?.[1];
  return new RegExp(release.source.slice(1)).exec(content.toString('latin1'))?.[1];
}
