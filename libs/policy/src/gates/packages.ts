import type { ImageView, PackageDbContent, PackageDbEntry, PackageDifference } from '../image-view.js';
import { oneOf, optional, required, text, textList, withDefault } from '../parameters/index.js';
import { compareVersions, versionScheme } from '../versions/index.js';
import { noFileData } from './files.js';
import { defineGate, defineTrigger, RuleFault, type Finding } from './gate.js';
import { verifyEntry } from './package-verification.js';

/** Entries that are looked up at once, or those of one package when it has more. */
const BATCH = 4000;

const requiredPackage = defineTrigger({
  name: 'required_package',
  description: 'Fires when a package is not installed, or not in the version that is wanted',
  parameters: {
    name: required(text, { description: 'Name of the package', example: 'libssl' }),
    version: optional(text, { description: 'Version that is wanted', example: '1.10.3rc3' }),
    version_match_type: withDefault(oneOf('exact', 'minimum'), 'exact', {
      description: 'Whether exactly this version is wanted or this one or a newer one',
      example: 'exact',
    }),
  },
  async evaluate({ view }, { name, version, version_match_type: type }): Promise<Finding[]> {
    const [installed] = await view.packages({ name });
    if (!installed) {
      const wanted = version ? `${name},${version}` : name;
      return [{ message: `Required input package (${wanted}) is not present in container image` }];
    }
    if (!version || installed.fullVersion === version) return [];
    const present = `(${name}) is present (${installed.fullVersion})`;
    if (type === 'exact') {
      // The name in the last parentheses is an old slip that allowlists depend on.
      const message = `Required input package ${present}, but not at the version specified in policy (${name})`;
      return [{ message }];
    }
    const scheme = versionScheme(installed.type, view.distroName, view.likeDistro);
    if (!scheme) throw new RuleFault(`versions of ${view.distroName ?? 'an unknown distribution'} cannot be compared`);
    const compared = version.includes('-') ? installed.fullVersion : installed.version;
    if (compareVersions(scheme, compared, version) >= 0) return [];
    const lower = `but is lower version than what is specified in policy (${version})`;
    return [{ message: `Required min-version input package ${present}, ${lower}` }];
  },
});

const verify = defineTrigger({
  name: 'verify',
  needsPackageDb: true,
  description:
    'Fires for each packaged path that is missing or differs from the package database in digest, mode or size; ' +
    'needs enable_package_db_load',
  parameters: {
    only_packages: optional(textList, {
      description: 'Names of packages to verify; all when not given',
      example: 'libssl,openssl',
    }),
    only_directories: optional(textList, {
      description: 'Beginnings of the paths to verify; all when not given',
      example: '/usr,/var/lib',
    }),
    check: optional(oneOf('changed', 'missing'), {
      description: 'Report only this difference',
      example: 'changed',
    }),
  },
  async *evaluate({ view, ruleId }, values): AsyncGenerator<Finding> {
    const { only_packages: packages, only_directories: directories, check } = values;
    if (view.packageDbState !== 'loaded') throw entriesNotLoaded(ruleId);
    const known = await view.packageDifferences();
    const differences = known ? wanted(known, packages, directories) : compared(view, packages, directories);
    for await (const { packageName, path, status } of differences) {
      if (check !== null && check !== status) continue;
      const what = `package '${packageName}' failed on entry '${path}' with status: '${status}'`;
      yield { message: `VERIFY check against package db for ${what}` };
    }
  },
});

/** Of known differences those that the rule asks for. */
function wanted(
  known: readonly PackageDifference[],
  packages: readonly string[] | null,
  directories: readonly string[] | null,
): PackageDifference[] {
  const names = packages && new Set(packages);
  return known.filter(({ packageName, path }) => (!names || names.has(packageName)) && isBelow(path, directories));
}

/** Compares packages with files, some thousands at a time. */
async function* compared(
  view: ImageView,
  packages: readonly string[] | null,
  directories: readonly string[] | null,
): AsyncGenerator<PackageDifference> {
  for await (const batch of batches(view.packageDb(packages ?? undefined), directories)) {
    const files = await view.filesAt(batch.flatMap(({ entries }) => entries.map(({ path }) => path)));
    if (!files) throw noFileData();
    let at = 0;
    for (const { name, entries } of batch) {
      for (const entry of entries) {
        const status = verifyEntry(entry, files[at++]);
        if (status !== undefined) yield { packageName: name, path: entry.path, status };
      }
    }
  }
}

/** Whether the path begins with one of the directories, as text; always when null. */
function isBelow(path: string, directories: readonly string[] | null): boolean {
  return directories === null || directories.some((directory) => path.startsWith(directory));
}

function entriesNotLoaded(ruleId: string | null): RuleFault {
  return new RuleFault(
    'The package database of this image was not loaded because enable_package_db_load was false: the image must be ' +
      `re-analyzed (gate=packages,trigger=verify,rule_id=${ruleId ?? 'None'})`,
    'TriggerNotAvailableError',
  );
}

/** Packages with those of their entries whose path begins with one of the directories, as text; all when null. */
async function* batches(
  contents: AsyncIterable<PackageDbContent>,
  directories: readonly string[] | null,
): AsyncGenerator<{ name: string; entries: readonly PackageDbEntry[] }[]> {
  let batch: { name: string; entries: readonly PackageDbEntry[] }[] = [];
  let count = 0;
  for await (const { name, entries: all } of contents) {
    const entries = directories ? all.filter(({ path }) => isBelow(path, directories)) : all;
    batch.push({ name, entries });
    count += entries.length;
    if (count < BATCH) continue;
    yield batch;
    batch = [];
    count = 0;
  }
  if (count > 0) yield batch;
}

const blacklist = defineTrigger({
  name: 'blacklist',
  description: 'Fires when a package is installed, in any version or in the one given',
  parameters: {
    name: required(text, { description: 'Name of the package', example: 'openssh-server' }),
    version: optional(text, { description: 'Version without release', example: '1.0.1' }),
  },
  async evaluate({ view }, { name, version }): Promise<Finding[]> {
    const installed = await view.packages({ name });
    const message = `Package is blacklisted: ${version ? `${name}-${version}` : name}`;
    return installed.filter((found) => !version || found.version === version).map(() => ({ message }));
  },
});

/** Checks of the packages that are installed. */
export const packages = defineGate({
  name: 'packages',
  description: 'Checks which packages are installed and whether their files are as they were packaged',
  triggers: [requiredPackage, verify, blacklist],
});
