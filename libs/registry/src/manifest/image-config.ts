import { z } from 'zod';
import { ImageError } from '../image-source.js';

const historySchema = z.object({
  created: z.string().nullish(),
  created_by: z.string().nullish(),
  comment: z.string().nullish(),
  empty_layer: z.boolean().nullish(),
});

/** The parts of an OCI image configuration (and Docker's, which is the same here) that reading an image needs. */
const configSchema = z.object({
  os: z.string().nullish(),
  architecture: z.string().nullish(),
  variant: z.string().nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)).nullish() }),
  history: z.array(historySchema).nullish(),
});

export type ImageConfig = z.infer<typeof configSchema>;
export type ConfigHistory = z.infer<typeof historySchema>;

/**
 * Parses the bytes of an image configuration.
 *
 * @throws ImageError `invalid_manifest` when they are not JSON or not an image configuration.
 */
export function readConfig(bytes: Buffer, name = 'the image'): ImageConfig {
  const parsed = configSchema.safeParse(parseJson(bytes, `config of ${name}`));
  if (parsed.success) return parsed.data;
  throw new ImageError(
    'invalid_manifest',
    `config of ${name} is not an image configuration: ${firstIssue(parsed.error)}`,
  );
}

/** @throws ImageError `invalid_manifest` that names the document. */
export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ImageError('invalid_manifest', `${what} is not JSON`, cause);
  }
}

export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || '(document)'}: ${issue.message}` : 'unknown fault';
}
