import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const evaluation = z.object({
  policyId: z.string(),
  status: z.enum(['pass', 'fail']),
  last_evaluation: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

/** One evaluation; `detail` is `{}` or `{"result": ..., "policy": <bundle>}`. */
export type EvaluationEntry = z.output<typeof evaluation>;

/** Evaluations by digest of the image and full tag (api spec 3.6). */
export class EvaluationView extends createZodDto(z.record(z.string(), z.record(z.string(), z.array(evaluation)))) {}
