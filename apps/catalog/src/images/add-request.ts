import { parseReference, type ImageReference } from '@kedge/registry';
import { ApiError } from '@kedge/service';
import type { ImageRequest } from './image-request.dto.js';
import { parseUtcTimestamp } from './utc-timestamp.js';

/** A tag taken apart. */
export interface TagName {
  registry: string;
  repo: string;
  tag: string;
}

interface Common {
  /** To be merged into those that the image has. */
  annotations: Record<string, unknown>;
}

interface Named extends Common {
  /** Under which the image is filed. */
  tag: TagName;
  /** Base64, without line breaks. */
  dockerfile?: string;
}

/** What a request asks to be added, and from where. */
export type AddRequest =
  | (Named & { kind: 'tag' })
  | (Named & { kind: 'digest'; digest: string; createdAt?: number })
  | (Named & { kind: 'local'; location: string })
  | (Common & { kind: 'archive'; digest: string })
  | (Common & { kind: 'import' });

const DIGEST = /^sha256:[a-fA-F0-9]{64}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_DOCKERFILE = 1024 * 1024;
const MAX_ANNOTATIONS = 64 * 1024;

/**
 * Makes out what a request means, by the rules and in the order of api spec 4.1.
 *
 * @throws ApiError 400; ImageError `invalid_reference`, which is a 400 too.
 */
export function interpretRequest(request: ImageRequest): AddRequest {
  const { source, tag, digest, dockerfile } = request;
  const annotations = request.annotations ?? {};
  if (JSON.stringify(annotations).length > MAX_ANNOTATIONS) {
    throw new ApiError(400, `annotations are longer than ${MAX_ANNOTATIONS} characters`);
  }
  if (source) {
    if (tag ?? digest ?? dockerfile) {
      throw new ApiError(400, 'give either source, or tag, digest and dockerfile at the top of the body, not both');
    }
    return fromSource(source, annotations);
  }
  if (digest) {
    if (!tag) throw new ApiError(400, 'a digest needs a tag beside it under which the image is filed');
    const pullstring = digest.startsWith('sha256:') ? `${repository(tag)}@${digest}` : digest;
    const override = typeof request.created_at === 'string' ? request.created_at : undefined;
    return byDigest({ pullstring, tag, dockerfile, creation_timestamp_override: override }, annotations);
  }
  if (tag) return byTag({ pullstring: tag, dockerfile }, annotations);
  throw new ApiError(400, 'must include either source, or tag, or digest and tag');
}

type Source = NonNullable<ImageRequest['source']>;

function fromSource(source: Source, annotations: Record<string, unknown>): AddRequest {
  if (source.tag) return byTag(source.tag, annotations);
  if (source.digest) return byDigest(source.digest, annotations);
  if (source.archive) {
    const { digest } = source.archive;
    if (!DIGEST.test(digest)) {
      throw new ApiError(400, 'source.archive.digest must be sha256: and 64 hexadecimal digits');
    }
    return { kind: 'archive', digest: digest.toLowerCase(), annotations };
  }
  if (source.import) return { kind: 'import', annotations };
  if (source.local) {
    const { location, tag } = source.local;
    return { kind: 'local', location, tag: requireTag(parseReference(tag), tag), annotations };
  }
  throw new ApiError(400, 'source must hold one of tag, digest, archive, import, local');
}

function byTag(
  { pullstring, dockerfile }: NonNullable<Source['tag']>,
  annotations: Record<string, unknown>,
): AddRequest {
  const tag = requireTag(parseReference(pullstring), pullstring);
  return { kind: 'tag', tag, annotations, ...checkDockerfile(dockerfile) };
}

function byDigest(
  { pullstring, tag: tagText, dockerfile, creation_timestamp_override: override }: NonNullable<Source['digest']>,
  annotations: Record<string, unknown>,
): AddRequest {
  const { registry, repo, digest } = parseReference(pullstring);
  if (digest === null || repo === null) {
    throw new ApiError(
      400,
      `Must have a pull string with a digest, registry/repository@sha256:..., not '${pullstring}'`,
    );
  }
  const tag = requireTag(parseReference(tagText), tagText);
  if (tag.registry !== registry || stripLibrary(tag.repo) !== stripLibrary(repo)) {
    throw new ApiError(400, `tag ${tagText} is of another repository than ${pullstring}`);
  }
  const createdAt = override ? parseUtcTimestamp(override) : undefined;
  if (override && createdAt === undefined) {
    throw new ApiError(400, `creation_timestamp_override '${override}' must look like 2021-06-01T10:00:00Z`);
  }
  return {
    kind: 'digest',
    tag,
    digest,
    annotations,
    ...checkDockerfile(dockerfile),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

function requireTag({ registry, repo, tag }: ImageReference, text: string): TagName {
  if (registry !== null && repo !== null && tag !== null) return { registry, repo, tag };
  throw new ApiError(400, `Must have tag-based pull string, such as registry/repository:tag, not '${text}'`);
}

/** `registry/repository` of a tag. */
function repository(tag: string): string {
  const { registry, repo } = requireTag(parseReference(tag), tag);
  return `${registry}/${repo}`;
}

/** `library/x` and `x` are the same repository of docker.io; elsewhere nobody has reason to mix them. */
function stripLibrary(repo: string): string {
  return repo.replace(/^library\//, '');
}

function checkDockerfile(dockerfile: string | null | undefined): { dockerfile?: string } {
  const text = dockerfile?.replace(/\s+/g, '') ?? '';
  if (text === '') return {};
  if (!BASE64.test(text)) throw new ApiError(400, 'dockerfile must be base64');
  if (text.length > MAX_DOCKERFILE) throw new ApiError(400, `dockerfile is longer than ${MAX_DOCKERFILE} characters`);
  return { dockerfile: text };
}
