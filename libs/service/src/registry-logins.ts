import { Secret } from '@kedge/config';
import type { RegistryRecord } from '@kedge/registry';
import type { SqlPort } from '@kedge/object-store';

interface LoginRow {
  registry: string;
  registry_type: string;
  registry_user: string | null;
  registry_pass: string | null;
  registry_verify: boolean;
  registry_meta: string | null;
}

/** Rows that one account may have; more are refused when they are added. */
export const MAX_REGISTRIES_PER_ACCOUNT = 1000;

/** The account's registry logins that may be used now, for `credentialsFor` of `@kedge/registry`. */
export async function registryRecords(sql: Pick<SqlPort, 'query'>, account: string): Promise<RegistryRecord[]> {
  const rows = await sql.query<LoginRow>(
    `SELECT registry, registry_type, registry_user, registry_pass, registry_verify, registry_meta FROM registries
      WHERE "userId" = $1 AND record_state_key = 'active' ORDER BY registry LIMIT ${MAX_REGISTRIES_PER_ACCOUNT}`,
    [account],
  );
  return rows.map(registryRecord);
}

function registryRecord(row: LoginRow): RegistryRecord {
  const token = authorizationToken(row.registry_meta);
  return {
    registry: row.registry,
    type: row.registry_type,
    username: row.registry_user ?? '',
    password: new Secret(row.registry_pass ?? ''),
    verifyTls: row.registry_verify,
    ...(token === undefined ? {} : { authorizationToken: token }),
  };
}

/** The token that Amazon ECR handed out lies base64-encoded in the record's metadata. */
function authorizationToken(meta: string | null): Secret | undefined {
  if (!meta) return undefined;
  try {
    const { authorizationToken: token } = JSON.parse(meta) as { authorizationToken?: unknown };
    return typeof token === 'string' ? new Secret(Buffer.from(token, 'base64').toString()) : undefined;
  } catch {
    return undefined; // metadata is free text for every other type of registry
  }
}
