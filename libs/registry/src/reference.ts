import { ImageError } from './image-source.js';

/** An image reference taken apart. Fields that the text does not give (and that have no default) are null. */
export interface ImageReference {
  /** Registry without its port. */
  host: string | null;
  /** Registry as users write it, with port when given: `docker.io`, `my.host:5000`. */
  registry: string | null;
  /** Repository exactly as written; `library/` is never added here. */
  repo: string | null;
  /** Null when a digest is given: a digest wins over a tag. */
  tag: string | null;
  /** `sha256:<64 hex>` */
  digest: string | null;
  /** 64 hex characters, when the text is a bare image id. */
  imageId: string | null;
  /** `registry/repo:tag` */
  fulltag: string | null;
  /** `registry/repo@digest` */
  fulldigest: string | null;
  /** What to pull: `fulldigest` when there is a digest, else `fulltag`. */
  pullstring: string | null;
}

export const DEFAULT_REGISTRY = 'docker.io';
export const DEFAULT_TAG = 'latest';

const ALLOWED =
  'allowed are [registry[:port]/]repository[:tag][@sha256:<64 hex>], sha256:<64 hex>, or a 64 character image id, ' +
  'made of letters, digits and @ : / _ . -';

const ALPHABET = /^[A-Za-z0-9@:/_.-]+$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const IMAGE_ID = /^[0-9a-fA-F]{64}$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$/;
const PATH_COMPONENT = /^[A-Za-z0-9]+(?:(?:\.|__?|-+)[A-Za-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const MAX_REPOSITORY = 255;
const MAX_TEXT = 1024;

/** Hosts that need neither a dot nor a port to be one. */
const NAMED_HOSTS = new Set(['localhost', 'localhost.localdomain', 'localbuild']);

/**
 * Takes an image reference apart as Docker clients do: the first path element is a registry when it holds a dot or a
 * port or is `localhost` or `localbuild`; else the registry is `docker.io`. The tag defaults to `latest`. Spelling is
 * kept, upper case included, because stored tags are compared byte for byte.
 *
 * @throws ImageError `invalid_reference` that says which part is wrong and what is allowed.
 */
export function parseReference(input: string): ImageReference {
  const text = input.trim();
  if (text === '') throw invalid(input, 'it is empty');
  if (text.length > MAX_TEXT) throw invalid(`${text.slice(0, 60)}...`, `it is longer than ${MAX_TEXT} characters`);
  if (!ALPHABET.test(text)) throw invalid(text, 'bad character(s)');
  if (text.startsWith('sha256:')) {
    if (!DIGEST.test(text)) throw invalid(text, 'a digest is sha256: and 64 lower-case hex characters');
    return reference({ registry: DEFAULT_REGISTRY, digest: text });
  }
  if (IMAGE_ID.test(text)) return reference({ imageId: text });
  if (/^[a-z]+:\/\//i.test(text)) throw invalid(text, 'a reference has no scheme such as http://');

  const [name = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw invalid(text, 'more than one @');
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw invalid(text, 'the part after @ is not sha256: and 64 lower-case hex characters');
  }
  const { registry, rest } = splitRegistry(name);
  if (!HOST.test(registry)) throw invalid(text, `'${registry}' is not a registry`);
  const { repo, tag } = splitTag(rest, text);
  checkRepository(repo, text);
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, `'${tag}' is not a tag`);
  return digest === undefined
    ? reference({ registry, repo, tag: tag ?? DEFAULT_TAG })
    : reference({ registry, repo, digest });
}

/** Repository as the registry's API wants it: `library/` goes before one-word names of docker.io, nowhere else. */
export function contactRepository(registry: string, repo: string): string {
  return isDockerHub(registry) && !repo.includes('/') ? `library/${repo}` : repo;
}

/** Host (with port) whose API serves a registry: docker.io is served by registry-1.docker.io. */
export function contactHost(registry: string): string {
  return isDockerHub(registry) ? 'registry-1.docker.io' : registry;
}

export function isDockerHub(registry: string): boolean {
  return registry === DEFAULT_REGISTRY || registry === 'index.docker.io';
}

function splitRegistry(name: string): { registry: string; rest: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = first.includes(':') || first.includes('.') || NAMED_HOSTS.has(first);
  return isHost ? { registry: first, rest: name.slice(slash + 1) } : { registry: DEFAULT_REGISTRY, rest: name };
}

/** `alpine:` counts as no tag. */
function splitTag(rest: string, text: string): { repo: string; tag?: string } {
  const [repo = '', tag, ...more] = rest.split(':');
  if (more.length > 0) throw invalid(text, 'more than one tag');
  return tag ? { repo, tag } : { repo };
}

function checkRepository(repo: string, text: string): void {
  if (repo === '') throw invalid(text, 'it names no repository');
  if (repo.length > MAX_REPOSITORY) throw invalid(text, `the repository is longer than ${MAX_REPOSITORY} characters`);
  const bad = repo.split('/').find((component) => !PATH_COMPONENT.test(component));
  if (bad !== undefined) throw invalid(text, `'${bad}' is not a part of a repository name`);
}

function reference(parts: Partial<ImageReference>): ImageReference {
  const { registry = null, repo = null, tag = null, digest = null, imageId = null } = parts;
  const fulltag = repo !== null && tag !== null ? `${registry}/${repo}:${tag}` : null;
  const fulldigest = repo !== null && digest !== null ? `${registry}/${repo}@${digest}` : null;
  const host = registry === null ? null : registry.replace(/:\d+$/, '');
  return { host, registry, repo, tag, digest, imageId, fulltag, fulldigest, pullstring: fulldigest ?? fulltag };
}

function invalid(text: string, why: string): ImageError {
  return new ImageError('invalid_reference', `invalid image reference '${text}': ${why}; ${ALLOWED}`);
}
