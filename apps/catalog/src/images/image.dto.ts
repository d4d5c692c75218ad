import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const detail = z.object({
  registry: z.string(),
  repo: z.string(),
  tag: z.string(),
  digest: z.string(),
  imageId: z.string().describe('64 hex characters, no prefix'),
  imageDigest: z.string(),
  userId: z.string(),
  fulltag: z.string(),
  fulldigest: z.string(),
  dockerfile: z.string().nullable().describe('base64'),
  created_at: z.string(),
  last_updated: z.string(),
  tag_detected_at: z.string(),
});

const metadata = z.object({
  arch: z.string().nullable(),
  distro: z.string().nullable(),
  distro_version: z.string().nullable(),
  dockerfile_mode: z.string().nullable(),
  image_size: z.number().nullable().describe('bytes'),
  layer_count: z.number().nullable(),
});

/** An image as the API shows it (api spec 3.1). `analysis_error` is there when an attempt to analyse it failed. */
export class ImageView extends createZodDto(
  z.object({
    imageDigest: z.string(),
    parentDigest: z.string(),
    userId: z.string(),
    image_type: z.string(),
    created_at: z.string(),
    last_updated: z.string(),
    analyzed_at: z.string().nullable(),
    analysis_status: z.enum(['not_analyzed', 'analyzing', 'analyzed', 'analysis_failed']),
    analysis_error: z.string().optional(),
    image_status: z.enum(['active', 'deleting']),
    annotations: z.record(z.string(), z.unknown()),
    image_content: z.object({ metadata }),
    image_detail: z.array(detail),
  }),
) {}

/** What became of a request to delete an image (api spec 3.3). */
export class DeleteResult extends createZodDto(
  z.object({
    digest: z.string(),
    status: z.enum(['deleting', 'not_found', 'delete_failed']),
    detail: z.string().nullable(),
  }),
) {}
