import type { SqlConnection } from '@kedge/database';
import { z } from 'zod';

/** Bucket of evaluation documents; the key is the evaluation's id. */
export const EVALUATIONS_BUCKET = 'policy_evaluations';
/** Newest evaluations of an image that a bundle keeps. */
const MAX_EVALUATIONS = 10_000;

const recordSchema = z.looseObject({
  tag: z.string(),
  policyId: z.string(),
  final_action: z.string(),
  created_at: z.coerce.number().int(),
  last_updated: z.coerce.number().int().nullish(),
  evalId: z.string().regex(/^[A-Za-z0-9_.-]{1,200}$/),
  policyeval: z.string().nullish(),
});

/** A row of `policy_eval` without account and digest. */
export type EvaluationRecord = z.output<typeof recordSchema>;

/** Reads a record that a bundle holds; undefined when it is none. */
export function parseEvaluation(value: unknown): EvaluationRecord | undefined {
  return recordSchema.safeParse(value).data;
}

/** The newest evaluations of an image, by their ids: equal results of different times share one. */
export async function loadEvaluations(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  digest: string,
): Promise<Map<string, EvaluationRecord[]>> {
  const rows = await sql.query<{ record: unknown }>(
    `SELECT to_jsonb(e) AS record FROM policy_eval e WHERE "userId" = $1 AND "imageDigest" = $2
      ORDER BY created_at DESC, tag, "policyId" LIMIT ${MAX_EVALUATIONS}`,
    [account, digest],
  );
  const byId = new Map<string, EvaluationRecord[]>();
  for (const { record } of rows) {
    const evaluation = parseEvaluation(record);
    if (!evaluation) continue;
    const known = byId.get(evaluation.evalId);
    if (known) known.push(evaluation);
    else byId.set(evaluation.evalId, [evaluation]);
  }
  return byId;
}

/** Writes rows back; those that are there stay as they are. */
export async function insertEvaluations(
  sql: Pick<SqlConnection, 'query'>,
  account: string,
  digest: string,
  evaluations: readonly EvaluationRecord[],
): Promise<void> {
  if (evaluations.length === 0) return;
  await sql.query(
    `INSERT INTO policy_eval ("userId", "imageDigest", tag, "policyId", final_action, created_at, last_updated,
        "evalId", policyeval)
     SELECT $1, $2, e.tag, e."policyId", e.final_action, e.created_at, coalesce(e.last_updated, e.created_at),
            e."evalId", e.policyeval
       FROM jsonb_to_recordset($3::jsonb) AS e(tag varchar, "policyId" varchar, final_action varchar,
            created_at integer, last_updated integer, "evalId" varchar, policyeval text)
     ON CONFLICT DO NOTHING`,
    [account, digest, JSON.stringify(evaluations)],
  );
}
