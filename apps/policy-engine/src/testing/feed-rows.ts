import type { Sql } from '@kedge/database';

/** A vulnerability of a distribution or language as a feed has it. */
export interface FeedVulnerability {
  id: string;
  severity: string;
  metadata?: unknown;
  fixedIn: {
    name: string;
    version: string;
    format?: string;
    /** Alpine compares with this one. */
    epochless?: string;
    noAdvisory?: boolean;
    observedAt?: string;
    patched?: string;
  }[];
}

/** Notes that a group was synced. */
export async function syncGroup(sql: Sql, feed: string, group: string, lastSync: string): Promise<void> {
  await sql.query(`INSERT INTO feeds (name) VALUES ($1) ON CONFLICT DO NOTHING`, [feed]);
  await sql.query(
    `INSERT INTO feed_groups (name, feed_name, last_sync) VALUES ($1, $2, $3)
     ON CONFLICT (name, feed_name) DO UPDATE SET last_sync = excluded.last_sync`,
    [group, feed, lastSync],
  );
}

export async function addVulnerabilities(sql: Sql, namespace: string, all: FeedVulnerability[]): Promise<void> {
  for (const { id, severity, metadata, fixedIn } of all) {
    await sql.query(
      `INSERT INTO feed_data_vulnerabilities (id, namespace_name, severity, link, metadata_json) VALUES ($1, $2, $3, $4, $5)`,
      [id, namespace, severity, `https://security.example/${id}`, JSON.stringify(metadata ?? null)],
    );
    for (const fix of fixedIn) {
      await sql.query(
        `INSERT INTO feed_data_vulnerabilities_fixed_artifacts (vulnerability_id, namespace_name, name, version,
           version_format, epochless_version, vendor_no_advisory, fix_observed_at, fix_metadata)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          ...[id, namespace, fix.name, fix.version, fix.format ?? 'dpkg', fix.epochless ?? fix.version],
          ...[fix.noAdvisory ?? false, fix.observedAt ?? null],
          fix.patched ? JSON.stringify({ first_patched_version: fix.patched }) : null,
        ],
      );
    }
  }
}

/** A vulnerability of the National Vulnerability Database; `products`: product and version of its CPEs. */
export async function addNvd(
  sql: Sql,
  { id, severity, score, products }: { id: string; severity: string; score: number; products: [string, string][] },
): Promise<void> {
  const namespace = 'nvdv2:cves';
  const cvss = {
    ...{ version: '3.1', vector_string: 'CVSS:3.1/AV:N' },
    base_metrics: { base_score: score, exploitability_score: 3.9, impact_score: 5.9 },
  };
  await sql.query(
    `INSERT INTO feed_data_nvdv2_vulnerabilities (name, namespace_name, severity, cvss_v3, link) VALUES ($1, $2, $3, $4, $5)`,
    [id, namespace, severity, JSON.stringify(cvss), `https://nvd.example/${id}`],
  );
  for (const [product, version] of products) {
    await sql.query(
      `INSERT INTO feed_data_cpev2_vulnerabilities (feed_name, namespace_name, vulnerability_id, part, vendor, product,
         version, "update", edition, language, sw_edition, target_sw, target_hw, other)
       VALUES ('nvdv2', $1, $2, 'a', 'acme', $3, $4, '*', '*', '*', '*', '*', '*', '*')`,
      [namespace, id, product, version],
    );
  }
}
