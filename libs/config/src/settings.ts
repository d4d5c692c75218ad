import { z } from 'zod';
import { Secret } from './secret.js';

/** YAML booleans, and the strings that environment variables and old files carry instead. Anything else is an error. */
const bool = z.union(
  [
    z.boolean(),
    z
      .string()
      .regex(/^(true|false|yes|no|1|0)$/i)
      .transform((text) => /^(true|yes|1)$/i.test(text)),
    z.union([z.literal(0), z.literal(1)]).transform((number) => number === 1),
  ],
  { error: 'must be true or false' },
);

const secret = z
  .union([z.string(), z.number().transform(String)], { error: 'must be a string' })
  .transform((text) => new Secret(text));
const port = z.coerce
  .number({ error: 'must be a port number' })
  .int()
  .min(0, 'must be 0 to 65535')
  .max(65535, 'must be 0 to 65535');
const nullish = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

const timers = nullish(z.record(z.string(), z.coerce.number({ error: 'must be a number of seconds' })));

const service = z.looseObject({
  enabled: bool.default(true),
  require_auth: nullish(bool),
  endpoint_hostname: nullish(z.string()),
  listen: z.string().default('0.0.0.0'),
  port,
  external_hostname: nullish(z.string()),
  external_port: nullish(port),
  external_tls: nullish(bool),
  cycle_timer_seconds: nullish(z.coerce.number()),
  cycle_timers: timers,
});

const catalog = service.extend({
  port: port.default(8228),
  /** Directories whose OCI layouts and docker archives may be named as an image's source. Empty: none. */
  local_image_directories: z.array(z.string()).default([]),
});

const policyEngine = service.extend({
  port: port.default(8087),
  enable_package_db_load: bool.default(true),
});

const analyzer = service.extend({
  port: port.default(8084),
  max_threads: z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .default(1),
  layer_cache_enable: bool.default(false),
  layer_cache_max_gigabytes: z.coerce
    .number({ error: 'must be a whole number of gigabytes' })
    .int('must be a whole number of gigabytes')
    .min(1, 'must be at least 1')
    .default(1),
  local_image_directories: z.array(z.string()).default([]),
});

export const configSchema = z.looseObject({
  service_dir: nullish(z.string()),
  tmp_dir: z.string({ error: 'must be a directory name' }).default('/tmp'),
  log_level: z
    .string()
    .transform((level) => level.toUpperCase())
    .pipe(
      z.enum(['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'SPEW'], {
        error: 'must be FATAL, ERROR, WARN, INFO, DEBUG or SPEW',
      }),
    )
    .default('INFO'),
  host_id: nullish(z.string()),
  image_analyze_timeout_seconds: z.coerce.number({ error: 'must be a number of seconds' }).default(36000),
  max_compressed_image_size_mb: z
    .union([z.null(), z.coerce.number().int()], { error: 'must be a whole number of megabytes' })
    .optional()
    .transform((size) => (size && size > 0 ? size : undefined)),
  default_admin_password: nullish(secret),
  default_admin_email: z
    .string()
    .nullish()
    .transform((mail) => mail ?? 'admin@myanchore'),
  webhooks: z.unknown().optional(),
  credentials: nullish(
    z.looseObject({
      database: nullish(
        z.looseObject({
          db_connect: secret,
          db_connect_args: nullish(z.looseObject({ timeout: nullish(z.coerce.number()), ssl: nullish(bool) })),
          db_pool_size: nullish(z.coerce.number().int().min(1)),
          db_pool_max_overflow: nullish(z.coerce.number().int().min(0)),
        }),
      ),
    }),
  ),
  catalog_endpoint: nullish(z.string()),
  policy_engine_endpoint: nullish(z.string()),
  // Loose: files of the old system also configure services that Kedge does not have (`apiext`, `simplequeue`).
  services: z
    .looseObject({
      catalog: nullish(catalog),
      policy_engine: nullish(policyEngine),
      analyzer: nullish(analyzer),
    })
    .prefault({}),
});

type Parsed = z.output<typeof configSchema>;

export type CatalogSettings = z.output<typeof catalog>;
export type PolicyEngineSettings = z.output<typeof policyEngine>;
export type AnalyzerSettings = z.output<typeof analyzer>;
export type ServiceSettings = z.output<typeof service>;
/** Names of the services as config.yaml spells them. */
export type ServiceName = 'catalog' | 'policy_engine' | 'analyzer';

/** A validated config.yaml. Keys keep the file's names; secrets are {@link Secret}. `file` is where it came from. */
export type KedgeConfig = Parsed & {
  file: string;
  /** Things that are worth telling the operator once, e.g. unknown keys. */
  warnings: string[];
  /** The catalog section as written after substitution; storage settings are read from it by libs/object-store. */
  rawCatalog: unknown;
};
