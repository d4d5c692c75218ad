import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** `GET /archives` (api spec 3.9), about the own account. */
export class ArchiveSummaryView extends createZodDto(
  z.object({
    images: z.object({
      total_image_count: z.int(),
      total_tag_count: z.int(),
      total_data_bytes: z.int(),
      last_updated: z.string().describe('empty when there are none'),
    }),
    rules: z.object({ count: z.int(), last_updated: z.string().nullable() }),
  }),
) {}

/** An archived image (api spec 3.9). */
export class ArchivedImageView extends createZodDto(
  z.object({
    imageDigest: z.string(),
    parentDigest: z.string().nullable(),
    annotations: z.record(z.string(), z.unknown()),
    status: z.enum(['archiving', 'archived', 'deleting']),
    analyzed_at: z.string().nullable(),
    created_at: z.string(),
    last_updated: z.string(),
    archive_size_bytes: z.int().nullable(),
    image_detail: z.array(
      z.object({
        pullstring: z.string(),
        registry: z.string(),
        repository: z.string(),
        tag: z.string(),
        detected_at: z.string().nullable(),
        created_at: z.string(),
        last_updated: z.string(),
      }),
    ),
  }),
) {}

export class ArchiveResultView extends createZodDto(
  z.object({ digest: z.string(), status: z.string(), detail: z.string() }),
) {}

/** Body of `POST /archives/images`: digests, 1 to 100. */
export class ArchiveRequest extends createZodDto(
  z
    .array(z.string().regex(/^sha256:[0-9a-fA-F]{64}$/, 'must be sha256: and 64 hex characters'))
    .min(1)
    .max(100),
) {}

const selector = z.looseObject({
  registry: z.string().nullish(),
  repository: z.string().nullish(),
  tag: z.string().nullish(),
});

/** Body of `POST /archives/rules`; only `transition` is required by the schema. */
export class RuleRequest extends createZodDto(
  z.looseObject({
    transition: z.enum(['archive', 'delete']),
    selector: selector.nullish(),
    exclude: z.looseObject({ expiration_days: z.int().nullish(), selector: selector.nullish() }).nullish(),
    analysis_age_days: z.int().nullish(),
    tag_versions_newer: z.int().nullish(),
    system_global: z.boolean().nullish(),
    max_images_per_account: z.int().nullish(),
  }),
) {}

const pattern = z.object({ registry: z.string(), repository: z.string(), tag: z.string() });

/** A rule (api spec 3.9). */
export class RuleView extends createZodDto(
  z.object({
    rule_id: z.string(),
    selector: pattern,
    exclude: z.object({ expiration_days: z.int(), selector: pattern }),
    analysis_age_days: z.int(),
    tag_versions_newer: z.int(),
    transition: z.enum(['archive', 'delete']),
    system_global: z.boolean(),
    max_images_per_account: z.int().nullable(),
    created_at: z.string(),
    last_updated: z.string(),
  }),
) {}
