import type { OwnedFileBudget } from '../owned-files.js';
import { DatabaseError } from './page-set.js';
import type { RpmHeader } from './rpm-header.js';

/** Tags of rpm's header format (rpmtag.h). */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  size: 1009,
  vendor: 1011,
  license: 1014,
  architecture: 1022,
  oldFileNames: 1027,
  fileSizes: 1028,
  fileStates: 1029,
  fileModes: 1030,
  fileDigests: 1035,
  fileFlags: 1037,
  fileUsers: 1039,
  fileGroups: 1040,
  sourceRpm: 1044,
  fileVerifyFlags: 1045,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
  longFileSizes: 5008,
  longSize: 5009,
  digestAlgorithm: 5011,
} as const;

/** Numbers of the digest algorithms of OpenPGP (RFC 9580) as rpm uses them. */
const ALGORITHMS: Record<number, string> = {
  1: 'md5',
  2: 'sha1',
  3: 'ripemd160',
  5: 'md2',
  6: 'tiger192',
  7: 'haval5160',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};

/** Bits of a file's flags (rpmfiles.h). */
export const FILE_FLAG = { config: 1 << 0, missingOk: 1 << 3, ghost: 1 << 6 } as const;

/** Bits of a file's verify flags: what `rpm --verify` compares (rpmvf.h). */
export const VERIFY_FLAG = { digest: 1 << 0, size: 1 << 1, mode: 1 << 6 } as const;

/** One file of a package; numbers point into the package's tables of directories, users and groups. */
export type RpmFile = [
  directory: number,
  base: string,
  /** With the type bits. */
  mode: number,
  size: number,
  /** Hex, '' for what has none. */
  digest: string,
  flags: number,
  user: number,
  group: number,
  verify: number,
];

/** What is kept of one header; '' for what it does not state. */
export interface RpmPackage {
  name: string;
  version: string;
  release: string;
  /** Absent when the header has none, which is not the same as 0. */
  epoch?: number;
  architecture: string;
  vendor: string;
  license: string;
  sourceRpm: string;
  size: number;
  algorithm: string;
  directories: string[];
  users: string[];
  groups: string[];
  /** Without those that were left out at installation (`--excludedocs`, other colour) or gave way to another package. */
  files: RpmFile[];
}

/**
 * Takes the facts from a header. Throws {@link DatabaseError} for one without a name or with contradictory lists, and when
 * the files of all packages so far pass `budget`.
 */
export function rpmPackage(header: RpmHeader, budget: OwnedFileBudget): RpmPackage {
  const name = header.text(TAG.name);
  if (name === '') throw new DatabaseError('a header without a name');
  const epoch = header.number(TAG.epoch);
  const algorithm = header.number(TAG.digestAlgorithm) ?? 1;
  return {
    name,
    version: header.text(TAG.version),
    release: header.text(TAG.release),
    ...(epoch === undefined ? {} : { epoch }),
    architecture: stated(header.text(TAG.architecture)),
    vendor: stated(header.text(TAG.vendor)),
    license: stated(header.text(TAG.license)),
    sourceRpm: stated(header.text(TAG.sourceRpm)),
    size: header.number(TAG.longSize) ?? header.number(TAG.size) ?? 0,
    algorithm: ALGORITHMS[algorithm] ?? 'unknown',
    ...fileLists(header, budget),
  };
}

function fileLists(
  header: RpmHeader,
  budget: OwnedFileBudget,
): Pick<RpmPackage, 'directories' | 'users' | 'groups' | 'files'> {
  const { directories, indexes, bases } = names(header);
  const users = new Table(header.texts(TAG.fileUsers));
  const groups = new Table(header.texts(TAG.fileGroups));
  const modes = header.numbers(TAG.fileModes);
  const long = header.numbers(TAG.longFileSizes);
  const sizes = long.length > 0 ? long : header.numbers(TAG.fileSizes);
  const digests = header.texts(TAG.fileDigests);
  const flags = header.numbers(TAG.fileFlags);
  const states = header.numbers(TAG.fileStates);
  const verify = header.numbers(TAG.fileVerifyFlags);
  const files: RpmFile[] = [];
  for (const [i, base] of bases.entries()) {
    const directory = indexes[i] ?? -1;
    const path = directories[directory];
    if (path === undefined) throw new DatabaseError(`a file ${base} without a directory`);
    budget.spend(path.length + base.length);
    if ((states[i] ?? 0) !== 0) continue; // anything but "normal"
    files.push([
      directory,
      base,
      modes[i] ?? 0,
      sizes[i] ?? 0,
      digests[i] ?? '',
      flags[i] ?? 0,
      users.indexOf(i),
      groups.indexOf(i),
      verify[i] ?? 0xffffffff,
    ]);
  }
  return { directories, users: users.values, groups: groups.values, files };
}

function names(header: RpmHeader): { directories: string[]; indexes: number[]; bases: string[] } {
  const bases = header.texts(TAG.baseNames);
  if (bases.length > 0) {
    return { directories: header.texts(TAG.directoryNames), indexes: header.numbers(TAG.directoryIndexes), bases };
  }
  // Packages of before rpm 4 list whole paths.
  const paths = header.texts(TAG.oldFileNames);
  const directories = new Table(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)));
  return {
    directories: directories.values,
    indexes: paths.map((_, i) => directories.indexOf(i)),
    bases: paths.map((path) => path.slice(path.lastIndexOf('/') + 1)),
  };
}

/** Distinct texts of a list, and which of them each item is. */
class Table {
  readonly values: string[];
  private readonly positions: Map<string, number>;

  constructor(private readonly items: string[]) {
    this.values = [...new Set(items)];
    this.positions = new Map(this.values.map((value, index) => [value, index]));
  }

  /** Position of item `i` among the distinct ones; -1 when there is no such item. */
  indexOf(i: number): number {
    return this.positions.get(this.items[i] ?? '') ?? -1;
  }
}

function stated(text: string): string {
  return text === '(none)' ? '' : text;
}
