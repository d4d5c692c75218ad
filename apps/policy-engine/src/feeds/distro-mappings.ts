import type { Sql } from '@kedge/database';

/** Families of distributions that order versions in the same way; `BUSYB` has no order. */
export const FLAVORS = ['RHEL', 'DEB', 'ALPINE', 'BUSYB'] as const;

/** What a distribution's name stands for in the feeds. */
export interface DistroMapping {
  from_distro: string;
  to_distro: string;
  flavor: string;
  created_at: Date;
}

const COLUMNS = 'from_distro, to_distro, flavor, created_at';
/** Mappings that one answer has at most. */
const MOST = 10_000;

/** All mappings by name. */
export async function listDistroMappings(sql: Pick<Sql, 'query'>): Promise<DistroMapping[]> {
  return sql.query<DistroMapping>(`SELECT ${COLUMNS} FROM distro_mappings ORDER BY from_distro LIMIT $1`, [MOST]);
}

/** Adds a mapping; undefined when its name has one already. */
export async function addDistroMapping(
  sql: Pick<Sql, 'query'>,
  mapping: Omit<DistroMapping, 'created_at'>,
): Promise<DistroMapping | undefined> {
  const [added] = await sql.query<DistroMapping>(
    `INSERT INTO distro_mappings (from_distro, to_distro, flavor) VALUES ($1, $2, $3)
     ON CONFLICT (from_distro) DO NOTHING RETURNING ${COLUMNS}`,
    [mapping.from_distro, mapping.to_distro, mapping.flavor],
  );
  return added;
}

/** Deletes the mapping of a name and answers it; undefined when there was none. */
export async function deleteDistroMapping(
  sql: Pick<Sql, 'query'>,
  fromDistro: string,
): Promise<DistroMapping | undefined> {
  const [gone] = await sql.query<DistroMapping>(
    `DELETE FROM distro_mappings WHERE from_distro = $1 RETURNING ${COLUMNS}`,
    [fromDistro],
  );
  return gone;
}
