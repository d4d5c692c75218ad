import type { Sql } from '@kedge/database';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The lines of a text that hold one of the secrets, as they are or as base64. */
export function linesWith(text: string, secrets: readonly RegExp[]): string[] {
  return text.split('\n').filter((line) => secrets.some((secret) => secret.test(line)));
}

/** Tables with a row that holds one of these texts in any column, whatever its type. */
export async function tablesWith(sql: Sql, secrets: readonly string[]): Promise<string[]> {
  const tables = await sql.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await sql.query(`SELECT 1 FROM ${name} t WHERE t::text LIKE ANY($1) LIMIT 1`, [
      secrets.map((secret) => `%${secret}%`),
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

/** Files below a directory that hold one of the secrets, but for those that `skip` names. */
export async function filesWith(
  directory: string,
  secrets: readonly RegExp[],
  skip: (path: string) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (skip(path)) continue;
    if (entry.isDirectory()) found.push(...(await filesWith(path, secrets, skip)));
    else if (entry.isFile() && linesWith(await readFile(path, 'latin1'), secrets).length > 0) found.push(path);
  }
  return found;
}
