import { z } from 'zod';
import { ImageError, type Descriptor, type Platform } from '../image-source.js';
import { firstIssue, parseJson } from './image-config.js';
import { readSchema1, type Schema1Image } from './schema1.js';

/** Largest manifest or index that is read; the OCI distribution specification asks registries for at least this. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** Largest image configuration that is read. */
export const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

export const MEDIA = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  schema1: 'application/vnd.docker.distribution.manifest.v1+json',
  schema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

/** For the Accept header: everything this package understands, what is preferred first. */
export const ACCEPTED_MANIFESTS = [
  MEDIA.ociManifest,
  MEDIA.dockerManifest,
  MEDIA.ociIndex,
  MEDIA.dockerList,
  MEDIA.schema1Signed,
  MEDIA.schema1,
];

const INDEX_TYPES: readonly string[] = [MEDIA.ociIndex, MEDIA.dockerList];
const MANIFEST_TYPES: readonly string[] = [MEDIA.ociManifest, MEDIA.dockerManifest];
const CONFIG_TYPES: readonly string[] = [MEDIA.ociConfig, MEDIA.dockerConfig];
const LAYER_TYPES =
  /^application\/(?:vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+gzip|\+zstd)?|vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?)$/;

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).nullish(),
});
const platformSchema = z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullish() });
const annotationsSchema = z.record(z.string(), z.string()).nullish();
const manifestSchema = z.object({
  config: descriptorSchema,
  layers: z.array(descriptorSchema.extend({ annotations: annotationsSchema })),
});
const indexSchema = z.object({
  manifests: z.array(descriptorSchema.extend({ platform: platformSchema.nullish(), annotations: annotationsSchema })),
});

/** Entry of an index or manifest list. */
export interface IndexEntry extends Descriptor {
  platform?: Platform;
  annotations: Readonly<Record<string, string>>;
}

/** A manifest or index as read, its digest already proven. */
export interface RawManifest {
  bytes: Buffer;
  /** `sha256:` over `bytes` */
  digest: string;
  /** Media type the source claims, used when the document has none. */
  mediaType?: string;
}

export type Manifest =
  | { kind: 'index'; mediaType: string; manifests: IndexEntry[] }
  | { kind: 'image'; mediaType: string; config: Descriptor; layers: Descriptor[] }
  | { kind: 'schema1'; mediaType: string; image: Schema1Image };

/**
 * Parses a Docker manifest of schema 2 or 1, a manifest list, an OCI manifest or an OCI index. The document's own
 * `mediaType` wins over the source's; a document that is two of these at once is refused, since readers would disagree
 * about it. Of a signed schema 1 manifest the payload is wanted ({@link signedPayload}).
 *
 * @throws ImageError `not_supported` for artifacts and unknown layer or digest types; `invalid_manifest`; `too_large`
 */
export function parseManifest({ bytes, mediaType: claimed }: RawManifest, name: string): Manifest {
  const document = z
    .looseObject({ mediaType: z.string().nullish() })
    .safeParse(parseJson(bytes, `manifest of ${name}`));
  if (!document.success) throw new ImageError('invalid_manifest', `manifest of ${name} is not a JSON object`);
  const value = document.data;
  if ('manifests' in value && ('layers' in value || 'config' in value)) {
    throw new ImageError('invalid_manifest', `manifest of ${name} is an index and an image manifest at once`);
  }
  if ('fsLayers' in value && ('layers' in value || 'config' in value || 'manifests' in value)) {
    throw new ImageError('invalid_manifest', `manifest of ${name} is of Docker schema 1 and of another kind at once`);
  }
  const mediaType = kindOf(value, claimed);
  if (mediaType === MEDIA.schema1) return { kind: 'schema1', mediaType, image: readSchema1(value, name) };
  if (INDEX_TYPES.includes(mediaType)) return parseIndex(value, mediaType, name);
  if (MANIFEST_TYPES.includes(mediaType)) return parseImage(value, mediaType, name);
  throw new ImageError('not_supported', `${name} is not an image: its manifest is of type '${mediaType}'`);
}

function kindOf(value: Record<string, unknown>, claimed: string | undefined): string {
  if (value['schemaVersion'] === 1) return MEDIA.schema1;
  if (typeof value['mediaType'] === 'string') return value['mediaType'];
  if (claimed !== undefined && (INDEX_TYPES.includes(claimed) || MANIFEST_TYPES.includes(claimed))) return claimed;
  return 'manifests' in value ? MEDIA.ociIndex : MEDIA.ociManifest;
}

function parseIndex(value: unknown, mediaType: string, name: string): Manifest {
  const parsed = indexSchema.safeParse(value);
  if (!parsed.success) throw invalid('index', name, parsed.error);
  const manifests = parsed.data.manifests.map((entry) => ({
    ...descriptor(entry, name),
    annotations: entry.annotations ?? {},
    ...(entry.platform && { platform: platform(entry.platform) }),
  }));
  return { kind: 'index', mediaType, manifests };
}

function parseImage(value: unknown, mediaType: string, name: string): Manifest {
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw invalid('manifest', name, parsed.error);
  const { config, layers } = parsed.data;
  if (!CONFIG_TYPES.includes(config.mediaType)) {
    throw new ImageError('not_supported', `${name} is not an image but an artifact of type '${config.mediaType}'`);
  }
  const odd = layers.find((layer) => !LAYER_TYPES.test(layer.mediaType));
  if (odd) {
    throw new ImageError(
      'not_supported',
      `${name} has a layer of type '${odd.mediaType}'; tar, gzip and zstd are read`,
    );
  }
  return {
    kind: 'image',
    mediaType,
    config: descriptor(config, name),
    layers: layers.map((layer) => descriptor(layer, name)),
  };
}

function descriptor(raw: z.infer<typeof descriptorSchema>, name: string): Descriptor {
  if (!/^sha256:[0-9a-f]{64}$/.test(raw.digest)) {
    throw new ImageError('not_supported', `${name} names content by '${raw.digest.slice(0, 80)}'; only sha256 is read`);
  }
  const { mediaType, digest, size, urls } = raw;
  return { mediaType, digest, size, ...(urls && urls.length > 0 && { urls }) };
}

function platform(raw: z.infer<typeof platformSchema>): Platform {
  const { os, architecture, variant } = raw;
  return { os, architecture, ...(variant && { variant }) };
}

function invalid(what: string, name: string, error: z.ZodError): ImageError {
  return new ImageError('invalid_manifest', `${what} of ${name} is malformed at ${firstIssue(error)}`);
}
