import { OwnedFileBudget } from '../owned-files.js';
import { berkeleyHashValues, isBerkeleyHash } from './berkeley-hash.js';
import { isNdb, ndbBlobs } from './ndb.js';
import { DatabaseError } from './page-set.js';
import { RpmHeader } from './rpm-header.js';
import { rpmPackage, type RpmPackage } from './rpm-package.js';
import { isSqlite, sqliteRows } from './sqlite-table.js';

/** The first record of a Berkeley DB database is the highest package number, not a package. */
const COUNTER_BYTES = 4;

/**
 * The packages of an rpm database, one by one, told by its first bytes: SQLite (rpm 4.16 and newer), ndb (SUSE) or a
 * Berkeley DB hash. What is damaged is left out; after the last package a {@link DatabaseError} then says so.
 */
export function* readRpmDatabase(bytes: Buffer): Generator<RpmPackage> {
  const budget = new OwnedFileBudget();
  const problems: string[] = [];
  let more = 0;
  const problem = (text: string) => {
    if (problems.length < 3) problems.push(text);
    else more += 1;
  };
  try {
    for (const blob of headerBlobs(bytes, problem)) {
      let found: RpmPackage;
      try {
        found = rpmPackage(new RpmHeader(blob), budget);
      } catch (error) {
        problem((error as Error).message);
        continue;
      }
      yield found;
    }
  } catch (error) {
    problem((error as Error).message);
  }
  if (problems.length > 0) {
    throw new DatabaseError(`it is damaged: ${problems.join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
  }
}

function* headerBlobs(bytes: Buffer, problem: (text: string) => void): Generator<Buffer> {
  if (isSqlite(bytes)) {
    for (const row of sqliteRows(bytes, 'Packages', problem)) {
      const blob = row.find((column) => column !== undefined);
      if (blob) yield blob;
      else problem('a row without a header');
    }
  } else if (isNdb(bytes)) {
    yield* ndbBlobs(bytes, problem);
  } else if (isBerkeleyHash(bytes)) {
    for (const value of berkeleyHashValues(bytes, problem)) if (value.length > COUNTER_BYTES) yield value;
  } else if (bytes.length > 0) {
    throw new DatabaseError('its format is not known');
  }
}
