import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const tag = z.object({
  registry: z.string(),
  repo: z.string(),
  tag: z.string(),
  fulltag: z.string(),
  tag_detected_at: z.string(),
});

const image = z.object({
  imageDigest: z.string(),
  imageId: z.string(),
  analyzed_at: z.string().nullable(),
  tag_history: z.array(tag).describe('newest first'),
});

/** One page of the images that have a package (api spec 3.11). Page numbers are texts; the last page has no next one. */
export class ImagesByPackage extends createZodDto(
  z.object({
    images: z.array(
      z.object({ image, packages: z.array(z.object({ name: z.string(), version: z.string(), type: z.string() })) }),
    ),
    page: z.string(),
    next_page: z.string().optional(),
    returned_count: z.int(),
    total_count: z.int(),
  }),
) {}

const vulnerable = z.object({
  name: z.string(),
  version: z.string(),
  type: z.string(),
  namespace: z.string(),
  severity: z.string(),
});

/** One page of the images that have a vulnerability, in the same form. */
export class ImagesByVulnerability extends createZodDto(
  z.object({
    images: z.array(z.object({ image, vulnerable_packages: z.array(vulnerable) })),
    page: z.string(),
    next_page: z.string().optional(),
    returned_count: z.int(),
    total_count: z.int(),
  }),
) {}
