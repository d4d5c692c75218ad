import type { MarkedFiles } from './marked-files.js';

/** One run of a command: its arguments behind the command's name, and the exit codes that are in order. */
export interface Invocation {
  args: string[];
  codes?: number[];
}

/** How a command is run when secrets are looked for. Exit code 0 is expected unless `codes` says otherwise. */
export interface Invocations {
  /** Runs that get to their end, or to an error that is not the connection's. The first is also run with wrong ones. */
  runs: [Invocation, ...Invocation[]];
  /** False for commands that need no database. */
  database: boolean;
}

const INCOMPLETE = 1;
const USAGE = 2;
const OBJECT_STORE = 5;
export const DIGEST = `sha256:${'d'.repeat(64)}`;

/**
 * Every command of the manager. Those of `journey` in ./secrets.int.spec.ts run there, one after the other, because they
 * change what the others look at; their runs here are those that fail.
 */
export function invocations(files: MarkedFiles): Record<string, Invocations> {
  const run = (...args: string[]): Invocation => ({ args });
  const fail = (codes: number[], ...args: string[]): Invocation => ({ args, codes });
  const move = ['--dontask', '--force'];
  return {
    'db upgrade': { database: true, runs: [run('--dontask')] },
    'db version': { database: true, runs: [run()] },
    'db check': { database: true, runs: [run()] },
    'objectstorage list-drivers': {
      database: false,
      runs: [run('--config', files.s3), fail([0, USAGE], '--config', files.malformed)],
    },
    'objectstorage check': {
      database: true,
      runs: [
        run('--analysis-archive', files.archive),
        ...['s3Refused', 'swiftRefused', 'keystoneRefused', 'applicationRefused', 'tokenRefused', 's3Unreachable'].map(
          (name) => fail([OBJECT_STORE], files[name as keyof MarkedFiles]),
        ),
        ...[files.malformed, files.secretInUrl].map((file) => fail([USAGE], file)),
      ],
    },
    'objectstorage migrate': {
      database: true,
      runs: [
        run('--dry-run', files.db, files.s3),
        fail([OBJECT_STORE], ...move, files.db, files.s3Refused),
        fail([OBJECT_STORE], ...move, files.db, files.swiftRefused),
        fail([OBJECT_STORE], ...move, files.s3Unreachable, files.db),
        fail([USAGE], ...move, files.db, files.malformed),
      ],
    },
    'objectstorage rollback': {
      database: true,
      runs: [
        fail([INCOMPLETE], ...move, '999'),
        fail([OBJECT_STORE], ...move, '--to-config', files.swiftRefused, '1'),
        fail([OBJECT_STORE], ...move, '--from-config', files.s3Unreachable, '1'),
      ],
    },
    'objectstorage list-migrations': { database: true, runs: [run()] },
    'objectstorage show-migration': { database: true, runs: [run('1'), run('3', '--failures')] },
    'objectstorage fsck': {
      database: true,
      runs: [run(files.swift), fail([OBJECT_STORE], files.swiftUnreachable)],
    },
    'objectstorage doctor': {
      database: true,
      runs: [run(files.s3), ...[files.swiftRefused, files.s3Unreachable].map((file) => fail([OBJECT_STORE], file))],
    },
    'service list': { database: true, runs: [run()] },
    'service start': {
      database: false,
      runs: [
        fail([INCOMPLETE, USAGE, OBJECT_STORE], '--config', files.wrongDatabasePassword, 'catalog'),
        fail([INCOMPLETE, USAGE, OBJECT_STORE], '--config', files.brokenConnect, 'catalog'),
        fail([INCOMPLETE, USAGE, OBJECT_STORE], '--config', files.malformed, '--all'),
      ],
    },
    'image reset': { database: true, runs: [run(DIGEST), fail([INCOMPLETE], 'sha256:none')] },
    'policy-engine reload': { database: true, runs: [run(), fail([INCOMPLETE], '--image', 'sha256:none')] },
    'cache du': { database: false, runs: [run('--config', files.db), fail([0, USAGE], '--config', files.malformed)] },
    'cache prune': { database: false, runs: [run('--config', files.db), fail([USAGE], '--keep', 'all')] },
  };
}
