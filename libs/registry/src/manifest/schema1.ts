import { z } from 'zod';
import { ImageError } from '../image-source.js';
import { firstIssue, parseJson } from './image-config.js';

/** Docker never had images of more layers than 127; steps that made none are listed as well. */
const MAX_STEPS = 1000;
/** The layer that Docker lists for a step that made none: a compressed archive without entries. */
const EMPTY_LAYER = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
/** What a step says of itself alone: the ids of the old format and the size of its layer. */
const OF_ONE_STEP = new Set(['id', 'parent', 'parent_id', 'layer_id', 'Size', 'throwaway']);
const DIGEST = /^sha256:[0-9a-f]{64}$/;

const manifestSchema = z.object({
  architecture: z.string().nullish(),
  fsLayers: z.array(z.object({ blobSum: z.string() })).min(1),
  history: z.array(z.object({ v1Compatibility: z.string() })).min(1),
});
const stepSchema = z.looseObject({
  created: z.string().nullish(),
  author: z.string().nullish(),
  comment: z.string().nullish(),
  architecture: z.string().nullish(),
  os: z.string().nullish(),
  throwaway: z.boolean().nullish(),
  container_config: z.looseObject({ Cmd: z.array(z.string()).nullish() }).nullish(),
});
type Step = z.infer<typeof stepSchema>;

/** What a Docker schema 1 manifest says of its image. It knows neither the sizes nor the diff ids of its layers. */
export interface Schema1Image {
  /** Digests of the layers' blobs, base first, without the steps that made no layer. */
  blobs: string[];
  /**
   * An image configuration, put together from the newest step and the history as Docker does it when it loads such an
   * image; `rootfs.diff_ids` is left out.
   */
  config: Buffer;
}

/**
 * Reads a Docker schema 1 manifest (Docker Registry: image manifest version 2, schema 1). Layers and steps stand newest
 * first there, one layer for each step.
 *
 * @param value the parsed payload, without signatures
 * @throws ImageError `invalid_manifest`, `not_supported` for a digest that is not sha256, `too_large`
 */
export function readSchema1(value: unknown, name: string): Schema1Image {
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw malformed(name, firstIssue(parsed.error));
  const { fsLayers, history, architecture } = parsed.data;
  if (fsLayers.length !== history.length) {
    throw malformed(name, `fsLayers: ${fsLayers.length} layers for ${history.length} steps of history`);
  }
  if (history.length > MAX_STEPS) {
    throw new ImageError('too_large', `manifest of ${name} has ${history.length} steps; at most ${MAX_STEPS} are read`);
  }
  const steps = history.map(({ v1Compatibility }) => readStep(v1Compatibility, name));
  const [newest] = steps;
  const made = fsLayers.map(({ blobSum }, index) => ({ blobSum, step: steps[index] ?? {} })).reverse();
  for (const { blobSum } of made) checkBlobDigest(blobSum, name);
  const blobs = made.filter((each) => !isEmpty(each)).map(({ blobSum }) => blobSum);
  const kept = Object.entries(newest ?? {}).filter(([key]) => !OF_ONE_STEP.has(key));
  const config = {
    ...Object.fromEntries(kept),
    architecture: architecture || newest?.architecture,
    rootfs: { type: 'layers' },
    history: made.map((each) => historyOf(each.step, isEmpty(each))),
  };
  return { blobs, config: Buffer.from(JSON.stringify(config)) };
}

function readStep(text: string, name: string): Step {
  const parsed = stepSchema.safeParse(parseJson(Buffer.from(text), `v1Compatibility of the manifest of ${name}`));
  if (!parsed.success) throw malformed(name, `history, v1Compatibility.${firstIssue(parsed.error)}`);
  return parsed.data;
}

function isEmpty({ blobSum, step }: { blobSum: string; step: Step }): boolean {
  return step.throwaway === true || blobSum === EMPTY_LAYER;
}

function historyOf(step: Step, empty: boolean): Record<string, unknown> {
  const command = step.container_config?.Cmd?.join(' ');
  return {
    created: step.created ?? '',
    ...(command && { created_by: command }),
    ...(step.author && { author: step.author }),
    ...(step.comment && { comment: step.comment }),
    ...(empty && { empty_layer: true }),
  };
}

function checkBlobDigest(digest: string, name: string): void {
  if (DIGEST.test(digest)) return;
  throw new ImageError('not_supported', `${name} names content by '${digest.slice(0, 80)}'; only sha256 is read`);
}

function malformed(name: string, where: string): ImageError {
  return new ImageError('invalid_manifest', `manifest of ${name} (Docker schema 1) is malformed at ${where}`);
}
