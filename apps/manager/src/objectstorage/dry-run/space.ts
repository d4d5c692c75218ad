import type { Sql } from '@kedge/database';
import type { StorageDriver } from '@kedge/object-store';
import { statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { formatBytes } from '../../command/byte-size.js';

/** Room at a destination. */
export interface Space {
  /** Bytes; null when nobody says. */
  free: number | null;
  /** Smallest piece of the disk that a file takes; 1 where content takes just its length. */
  block: number;
  /** What is known instead, or beside it. */
  note: string;
}

/** How much room the destination has, as far as it can be found out. */
export async function spaceAt(driver: StorageDriver, sql: Sql): Promise<Space> {
  if (driver.scheme === 'file') {
    const { bavail, bsize } = await statfs(fileURLToPath(driver.place));
    return { free: bavail * bsize, block: bsize, note: 'of the file system that holds the directory' };
  }
  if (driver.scheme === 'db') {
    const [row] = await sql.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    const size = formatBytes(Number(row?.bytes ?? 0));
    return { free: null, block: 1, note: `PostgreSQL does not tell; the database has ${size} now` };
  }
  return { free: null, block: 1, note: 'the service does not tell' };
}
