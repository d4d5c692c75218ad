import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const tagSource = z.looseObject({ pullstring: z.string(), dockerfile: z.string().nullish() });

const digestSource = z.looseObject({
  pullstring: z.string(),
  tag: z.string(),
  creation_timestamp_override: z.string().nullish(),
  dockerfile: z.string().nullish(),
});

const localSource = z
  .looseObject({ location: z.string(), tag: z.string() })
  .describe('an OCI layout or docker archive on the service’s disk, below local_image_directories');

const source = z.looseObject({
  tag: tagSource.nullish(),
  digest: digestSource.nullish(),
  archive: z.looseObject({ digest: z.string() }).nullish(),
  import: z.looseObject({}).nullish(),
  local: localSource.nullish(),
});

/** Body of `POST /images` (api spec 3.16): `source`, or the older form with `tag`, `digest` and `dockerfile`. */
export class ImageRequest extends createZodDto(
  z.looseObject({
    source: source.nullish(),
    tag: z.string().nullish(),
    digest: z.string().nullish(),
    dockerfile: z.string().nullish(),
    created_at: z.union([z.string(), z.number()]).nullish(),
    image_type: z.string().nullish(),
    annotations: z.record(z.string(), z.unknown()).nullish(),
  }),
) {}
