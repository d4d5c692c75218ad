import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** One tag of one image (api spec 3.2). Times are seconds since 1970. */
export class TagSummary extends createZodDto(
  z.object({
    imageDigest: z.string(),
    parentDigest: z.string(),
    imageId: z.string(),
    fulltag: z.string(),
    analysis_status: z.string(),
    image_status: z.string(),
    created_at: z.int(),
    analyzed_at: z.int().nullable(),
    tag_detected_at: z.int(),
  }),
) {}
