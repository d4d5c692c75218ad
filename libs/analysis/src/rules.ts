import { createHash } from 'node:crypto';
import { ANALYSIS_VERSION } from './inventory/layer-inventory.js';

/** One line search over small files: `secret_search` and `content_search` of `analyzer_config.yaml`. */
export interface SearchRules {
  /** `NAME=regex` or a bare regex, Python syntax. */
  patterns: string[];
  /** Larger files are not searched. Bytes. */
  maxFileSize: number;
}

/** What an analysis looks for beside files and packages. */
export interface AnalysisRules {
  retrieveFiles?: {
    /** Paths as configured; a leading slash is optional. */
    paths: string[];
    /** Larger files are skipped. Bytes; no limit when absent. */
    maxFileSize?: number;
  };
  secretSearch?: SearchRules;
  contentSearch?: SearchRules;
}

/** Bounds on one layer. Every one has its own error code. */
export interface AnalysisLimits {
  /** Bytes of the uncompressed tar stream. */
  inflatedBytes: number;
  /** Tar entries. */
  entries: number;
  /** Bytes of one path or link target. */
  pathLength: number;
  /** Uncompressed bytes per compressed byte, looked at once `ratioFloorBytes` are uncompressed. */
  compressionRatio: number;
  ratioFloorBytes: number;
  /** Bytes of all files, and characters of all facts from files, that are held for the time after the merge. */
  keptBytes: number;
  /** Bytes of one package database or manifest; larger ones are left out with a warning. */
  keptFileBytes: number;
  /** Bytes of one archive of packages (jar, egg); larger ones are left out with a warning. */
  archiveBytes: number;
  /** Bytes of one rpm database, which is read while its layer is; larger ones are left out with a warning. */
  databaseBytes: number;
  /** Bytes of one executable that is looked into for the modules it was built from; larger ones with a warning. */
  executableBytes: number;
  /** Milliseconds for one layer. */
  wallTime: number;
}

const MiB = 1024 * 1024;

export const DEFAULT_LIMITS: Readonly<AnalysisLimits> = {
  inflatedBytes: 64 * 1024 * MiB,
  entries: 2_000_000,
  pathLength: 4096,
  compressionRatio: 200,
  ratioFloorBytes: 100 * MiB,
  keptBytes: 256 * MiB,
  keptFileBytes: 16 * MiB,
  archiveBytes: 64 * MiB,
  databaseBytes: 256 * MiB,
  executableBytes: 192 * MiB,
  wallTime: 3_600_000,
};

/**
 * The search patterns an analyzer uses when it is not told others. Policies name them and API answers repeat them, so
 * name and text are those that Anchore Engine's users already have.
 */
export const DEFAULT_SECRET_PATTERNS: readonly string[] = [
  'AWS_ACCESS_KEY=(?i).*aws_access_key_id( *=+ *).*(?<![A-Z0-9])[A-Z0-9]{20}(?![A-Z0-9]).*',
  'AWS_SECRET_KEY=(?i).*aws_secret_access_key( *=+ *).*(?<![A-Za-z0-9/+=])[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=]).*',
  'PRIV_KEY=(?i)-+BEGIN(.*)PRIVATE KEY-+',
  'DOCKER_AUTH=(?i).*"auth": *".+"',
  'API_KEY=(?i).*api(-|_)key( *=+ *).*(?<![A-Z0-9])[A-Z0-9]{20,60}(?![A-Z0-9]).*',
];

export const DEFAULT_RULES: Readonly<AnalysisRules> = {
  retrieveFiles: { paths: ['/etc/passwd'], maxFileSize: 1000 * 1024 },
  secretSearch: { patterns: [...DEFAULT_SECRET_PATTERNS], maxFileSize: 10_000 },
};

/**
 * Names the function that made an inventory: the code's version and a hash of the rules it was given. Two analyses of
 * one layer with equal names give equal inventories, so the name is the second half of an inventory's key.
 */
export function analysisVersion(rules: AnalysisRules): string {
  const canonical = JSON.stringify([
    rules.retrieveFiles?.paths ?? null,
    rules.retrieveFiles?.maxFileSize ?? null,
    rules.secretSearch?.patterns ?? null,
    rules.secretSearch?.maxFileSize ?? null,
    rules.contentSearch?.patterns ?? null,
    rules.contentSearch?.maxFileSize ?? null,
  ]);
  return `${ANALYSIS_VERSION}-${createHash('sha256').update(canonical).digest('hex').slice(0, 12)}`;
}
