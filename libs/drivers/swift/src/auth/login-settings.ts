import type { Secret } from '@kedge/object-store';
import type { EndpointChoice, Login, Reference } from './login.js';

type Texts =
  | 'auth_version'
  | 'auth'
  | 'user'
  | 'os_auth_url'
  | 'os_auth_type'
  | 'os_username'
  | 'os_user_id'
  | 'os_user_domain_name'
  | 'os_user_domain_id'
  | 'os_project_name'
  | 'os_project_id'
  | 'os_project_domain_name'
  | 'os_project_domain_id'
  | 'os_tenant_name'
  | 'os_tenant_id'
  | 'os_application_credential_id'
  | 'os_storage_url'
  | 'os_region_name'
  | 'os_service_type'
  | 'os_endpoint_type';
type Secrets = 'key' | 'os_password' | 'os_application_credential_secret' | 'os_auth_token';

/** The keys of the configuration that say how to log in. */
export type LoginKeys = { [K in Texts]?: string | undefined } & { [K in Secrets]?: Secret | undefined };

/** A missing or wrong key; `path` is its name. */
export interface LoginFault {
  path: string;
  message: string;
}

const DOMAINS = ['os_user_domain_name', 'os_user_domain_id', 'os_project_domain_name', 'os_project_domain_id'] as const;

/**
 * Which way to log in: what `auth_version` says; failing that v1 when auth, user and key are there, v3 when there is any
 * domain, else v2. A ready token and an application credential show themselves.
 */
function kindOf(given: LoginKeys): Login['kind'] | undefined {
  if (given.os_auth_token && given.os_storage_url) return 'token';
  if (given.os_auth_type === 'v3applicationcredential' || given.os_application_credential_id) return 'application';
  if (given.os_auth_type === 'v2password') return 'v2';
  if (given.os_auth_type === 'v3password') return 'v3';
  const version = given.auth_version?.replace(/^v/i, '');
  const complete = given.auth !== undefined && given.user !== undefined && given.key !== undefined;
  if (version === undefined) return complete ? 'v1' : DOMAINS.some((key) => given[key]) ? 'v3' : 'v2';
  return ({ '1': 'v1', '1.0': 'v1', '2': 'v2', '2.0': 'v2', '3': 'v3', '3.0': 'v3' } as const)[version];
}

/** The values of a way to log in, where old and new names stand in for each other. */
function values(given: LoginKeys) {
  return {
    url: given.auth ?? given.os_auth_url,
    keystoneUrl: given.os_auth_url ?? given.auth,
    user: given.user ?? given.os_username,
    username: given.os_username ?? given.user,
    key: given.key ?? given.os_password,
    password: given.os_password ?? given.key,
    projectName: given.os_project_name ?? given.os_tenant_name,
    projectId: given.os_project_id ?? given.os_tenant_id,
  };
}

/** Everything that is missing or wrong for the chosen way to log in. */
export function* loginFaults(given: LoginKeys): Generator<LoginFault> {
  const kind = kindOf(given);
  const found = values(given);
  const missing = (path: string, what: string): LoginFault => ({ path, message: `is required: ${what}` });
  for (const key of ['auth', 'os_auth_url', 'os_storage_url'] as const) {
    const fault = given[key] === undefined ? undefined : urlFault(given[key]);
    if (fault) yield { path: key, message: fault };
  }
  if (!['public', 'internal', 'admin'].includes(endpointChoice(given).interface)) {
    yield { path: 'os_endpoint_type', message: 'must be publicURL, internalURL or adminURL' };
  }
  if (kind === undefined) yield { path: 'auth_version', message: 'must be 1.0, 2.0 or 3' };
  if (kind === 'v1') {
    if (!found.url) yield missing('auth', 'the url of the login, e.g. https://swift.example.com/auth/v1.0');
    if (!found.user) yield missing('user', 'the user, as tenant:user');
    if (!found.key) yield missing('key', 'the key of the user');
  }
  if (kind === 'v2' || kind === 'v3') {
    const project = kind === 'v2' ? 'tenant' : 'project';
    const none = !found.keystoneUrl && !found.username && !found.password && !given.os_user_id;
    if (none) yield missing('auth', 'a way to log in: auth, user and key; or os_auth_url, os_username and os_password');
    else {
      if (!found.keystoneUrl) yield missing('os_auth_url', 'the url of Keystone');
      if (!found.username && !given.os_user_id) yield missing('os_username', 'the name of the user');
      if (!found.password) yield missing('os_password', 'the password of the user');
      if (!found.projectName && !found.projectId)
        yield missing(`os_${project}_name`, `the ${project} that owns the container`);
    }
  }
  if (kind === 'application') {
    if (!found.keystoneUrl) yield missing('os_auth_url', 'the url of Keystone');
    if (!given.os_application_credential_id) yield missing('os_application_credential_id', 'which credential it is');
    if (!given.os_application_credential_secret) {
      yield missing('os_application_credential_secret', 'the secret of the credential');
    }
  }
}

/** The way to log in of keys without {@link loginFaults}. */
export function loginOf(given: LoginKeys): Login {
  const { url, keystoneUrl, user, key, password, username, projectName, projectId } = values(given);
  const storageUrl = given.os_storage_url?.replace(/\/+$/, '');
  const keystone = {
    url: (keystoneUrl ?? '').replace(/\/+$/, '').replace(/\/v(2\.0|3)$/, ''),
    endpoint: endpointChoice(given),
    storageUrl,
  };
  const project = reference(projectId, projectName);
  const kind = kindOf(given);
  const { os_auth_token: token, os_application_credential_secret: secret } = given;
  if (kind === 'token' && token && storageUrl) return { kind, token, storageUrl };
  if (kind === 'v1' && url && user && key) return { kind, url, user, key, storageUrl };
  if (kind === 'application' && secret) {
    return { kind, ...keystone, id: given.os_application_credential_id ?? '', secret };
  }
  if (kind === 'v2' && password) {
    return { kind, ...keystone, username: username ?? given.os_user_id ?? '', password, tenant: project };
  }
  if (kind === 'v3' && password) {
    const userDomain = domain(given.os_user_domain_id, given.os_user_domain_name);
    const projectDomain = domain(given.os_project_domain_id, given.os_project_domain_name);
    return {
      kind,
      ...keystone,
      user: given.os_user_id ? { id: given.os_user_id } : { name: username ?? '', domain: userDomain },
      password,
      project: projectId ? { id: projectId } : { name: projectName ?? '', domain: projectDomain },
    };
  }
  throw new TypeError('these keys are no way to log in; loginFaults() must be asked first');
}

function endpointChoice(given: LoginKeys): EndpointChoice {
  const type = given.os_endpoint_type ?? 'publicURL';
  return {
    serviceType: given.os_service_type ?? 'object-store',
    interface: type.replace(/URL$/i, '').toLowerCase(),
    region: given.os_region_name,
  };
}

const reference = (id: string | undefined, name: string | undefined): Reference => (id ? { id } : { name: name ?? '' });
const domain = (id: string | undefined, name: string | undefined): Reference =>
  id ? { id } : name ? { name } : { id: 'default' };

function urlFault(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url)) return 'must begin with http:// or https://';
  const parsed = URL.parse(url);
  if (!parsed) return 'is no valid url';
  return parsed.username || parsed.password ? 'must hold no credentials' : undefined;
}
