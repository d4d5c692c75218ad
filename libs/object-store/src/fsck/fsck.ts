import { StorageError } from '../driver.js';
import { describeObject } from '../object-id.js';
import type { ObjectStore } from '../object-store.js';
import type { ObjectMetadata } from '../stored-object.js';

/**
 * - `missing`: a row whose content is not there;
 * - `wrong_size`: content of another length than recorded;
 * - `damaged`: content that is not what was put (digest, length, compression);
 * - `unreadable`: the backend failed, so nothing is known;
 * - `garbage`: content that no row points to.
 */
export type FsckProblem = 'missing' | 'wrong_size' | 'damaged' | 'unreadable' | 'garbage';

export interface FsckFinding {
  problem: FsckProblem;
  uri: string;
  /** `account/bucket/key`; garbage has none. */
  object?: string;
  message: string;
  /** True when it was mended. */
  repaired: boolean;
}

export interface FsckOptions {
  /** Its own driver's place is examined; rows that point elsewhere are counted only. */
  store: ObjectStore;
  /** Only objects of these logical buckets. Garbage is then not looked for, since it belongs to no bucket. */
  buckets?: string[];
  /** Percentage of contents that are read and proven; of the others only presence and length. Default 100. */
  samplePercent?: number;
  /** Delete garbage. Nothing else is mended: a row without content needs a decision, or a backup. */
  repair?: boolean;
  /** Younger content without row may be a put that is going on. Seconds; default one day. */
  graceSeconds?: number;
  signal?: AbortSignal;
  /** Told of every finding as it is made. */
  onFinding?: (finding: FsckFinding) => void;
}

export interface FsckReport {
  /** Rows in this place, and how many of them were read to the end. */
  objects: number;
  proven: number;
  /** Rows that point to other places. */
  elsewhere: number;
  /** Locations listed. */
  locations: number;
  /** Content without row that is younger than the grace period. */
  young: number;
  problems: Record<FsckProblem, number>;
  repaired: number;
}

const PAGE = 500;
const DAY_SECONDS = 24 * 3600;

/**
 * Compares rows and content in both directions, in constant memory: every row's content must be there and be what was
 * put, and every content must belong to a row. Safe while services run.
 *
 * @throws StorageError when the place cannot be listed or the database fails.
 */
export async function fsck(options: FsckOptions): Promise<FsckReport> {
  const report: FsckReport = {
    objects: 0,
    proven: 0,
    elsewhere: 0,
    locations: 0,
    young: 0,
    problems: { missing: 0, wrong_size: 0, damaged: 0, unreadable: 0, garbage: 0 },
    repaired: 0,
  };
  const found = (finding: FsckFinding): void => {
    report.problems[finding.problem] += 1;
    if (finding.repaired) report.repaired += 1;
    options.onFinding?.(finding);
  };
  await checkRows(options, report, found);
  if (!options.buckets) await checkLocations(options, report, found);
  return report;
}

type Found = (finding: FsckFinding) => void;
type Location = { uri: string; modifiedAt: Date };

async function checkRows(options: FsckOptions, report: FsckReport, found: Found): Promise<void> {
  const { store, buckets, samplePercent = 100 } = options;
  for (let after: ObjectMetadata | undefined; ;) {
    const page = await store.pageMetadata({
      limit: PAGE,
      ...(after ? { after } : {}),
      ...(buckets ? { buckets } : {}),
    });
    for (const row of page) {
      options.signal?.throwIfAborted();
      if (!store.driver.owns(row.uri)) {
        report.elsewhere += 1;
        continue;
      }
      report.objects += 1;
      const sampled = Math.random() * 100 < samplePercent;
      const fault = await faultOf(store, row, sampled);
      if (!fault) {
        if (sampled) report.proven += 1;
        continue;
      }
      // A put or delete meanwhile is no fault; what the row says now counts.
      if ((await store.stat(row))?.uri !== row.uri) continue;
      found({ ...fault, uri: row.uri, object: describeObject(row), repaired: false });
    }
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

async function faultOf(
  store: ObjectStore,
  row: ObjectMetadata,
  read: boolean,
): Promise<{ problem: FsckProblem; message: string } | undefined> {
  try {
    const there = await store.driver.stat(row.uri);
    if (!there) return { problem: 'missing', message: 'there is no content at the recorded location' };
    if (there.size !== row.storedSize) {
      return { problem: 'wrong_size', message: `${there.size} bytes are stored where ${row.storedSize} are recorded` };
    }
    if (!read) return undefined;
    for await (const chunk of await store.openStored(row)) void chunk;
    return undefined;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (error.code === 'not_found') return { problem: 'missing', message: error.message };
    return { problem: error.code === 'integrity' ? 'damaged' : 'unreadable', message: error.message };
  }
}

async function checkLocations(options: FsckOptions, report: FsckReport, found: Found): Promise<void> {
  const { store, graceSeconds = DAY_SECONDS } = options;
  const youngest = Date.now() - graceSeconds * 1000;
  let group: Location[] = [];
  const checkGroup = async (): Promise<void> => {
    const pointedTo = await store.pointedTo(group.map(({ uri }) => uri));
    const lonely = group.filter(({ uri }) => !pointedTo.has(uri));
    const old = lonely.filter(({ modifiedAt }) => modifiedAt.getTime() <= youngest);
    report.young += lonely.length - old.length;
    await reportGarbage(
      options,
      old.map(({ uri }) => uri),
      found,
    );
    group = [];
  };
  for await (const location of store.driver.list()) {
    options.signal?.throwIfAborted();
    report.locations += 1;
    group.push(location);
    if (group.length === PAGE) await checkGroup();
  }
  await checkGroup();
}

async function reportGarbage({ store, repair }: FsckOptions, garbage: string[], found: Found): Promise<void> {
  // A location is written once and gets its row soon after, so what has none after the grace period never will.
  const failures = repair ? await store.deleteContents(garbage) : [];
  const kept = new Map(failures.map(({ uri, error }) => [uri, error.message]));
  for (const uri of garbage) {
    const failure = kept.get(uri);
    const message = failure === undefined ? 'no object points to this content' : `could not be deleted: ${failure}`;
    found({ problem: 'garbage', uri, message, repaired: (repair ?? false) && failure === undefined });
  }
}
