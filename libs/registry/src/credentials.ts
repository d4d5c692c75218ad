import { Secret } from '@kedge/config';
import { ImageError } from './image-source.js';
import { isDockerHub, type ImageReference } from './reference.js';

/** Login for a registry. */
export interface Credentials {
  username: string;
  password: Secret;
}

/** A registry that a user has registered. Leave out records that must not be used now. */
export interface RegistryRecord {
  /** Host, `host/repository`, or a prefix of the latter that ends in `*`. */
  registry: string;
  /** `docker_v2` (login below) or `awsecr` (login inside the token below). */
  type: string;
  username: string;
  password: Secret;
  /** False: any certificate, and plain HTTP when the registry speaks no TLS. */
  verifyTls: boolean;
  /** `user:password` as Amazon ECR hands it out (already base64-decoded); type `awsecr` only. */
  authorizationToken?: Secret;
}

/** How to connect for one reference. Spread it into the registry client's options. */
export interface RegistryAccess {
  /** The record chosen, as its owner wrote it; undefined for an anonymous pull. */
  record?: string;
  credentials?: Credentials;
  verifyTls: boolean;
}

/**
 * Finds the registered registry for a reference. Records are tried longest `registry` first and the first match wins: a
 * record matches by exact host, exact `host/repository`, or - ending in `*` - as a prefix of `host/repository`. For
 * docker.io both `docker.io/library/x` and `docker.io/x` are matched. Without a match the pull is anonymous and TLS is
 * verified. A prefix is taken literally: `my.host*` also matches `my.hosting.example`, so end the host with `/*`.
 *
 * @throws ImageError `unauthorized` when the matching `awsecr` record holds no token.
 */
export function credentialsFor(
  records: readonly RegistryRecord[],
  reference: Pick<ImageReference, 'registry' | 'repo'>,
): RegistryAccess {
  const names = namesOf(reference);
  const record = [...records]
    .sort((a, b) => b.registry.length - a.registry.length)
    .find((candidate) => names.some((name) => matches(candidate.registry, name)));
  if (!record) return { verifyTls: true };
  const credentials = record.type === 'awsecr' ? ecrLogin(record) : login(record);
  return { record: record.registry, verifyTls: record.verifyTls, ...(credentials && { credentials }) };
}

interface Name {
  registry: string;
  path: string;
}

function namesOf({ registry, repo }: Pick<ImageReference, 'registry' | 'repo'>): Name[] {
  if (registry === null) return [];
  if (repo === null) return [{ registry, path: registry }];
  const repos = [repo];
  if (isDockerHub(registry)) {
    if (!repo.includes('/')) repos.push(`library/${repo}`);
    else if (/^library\/[^/]+$/.test(repo)) repos.push(repo.slice('library/'.length));
  }
  return repos.map((each) => ({ registry, path: `${registry}/${each}` }));
}

function matches(pattern: string, { registry, path }: Name): boolean {
  if (pattern.endsWith('*')) return path.startsWith(pattern.slice(0, -1));
  return pattern === registry || pattern === path;
}

/** A record without user name only says how to connect. */
function login({ username, password }: RegistryRecord): Credentials | undefined {
  return username === '' ? undefined : { username, password };
}

function ecrLogin(record: RegistryRecord): Credentials {
  const token = record.authorizationToken?.reveal() ?? '';
  const colon = token.indexOf(':');
  if (colon < 0) {
    throw new ImageError(
      'unauthorized',
      `registry ${record.registry} is of type awsecr and has no authorization token; renew it, or register the ` +
        'registry as docker_v2 with a user and password',
    );
  }
  return { username: token.slice(0, colon), password: new Secret(token.slice(colon + 1)) };
}
