import { textOf, type HttpClient } from '../http.js';
import { pickEndpoint, parseAnswer } from './catalog.js';
import { badAnswer, refusedLogin } from './login-failure.js';
import type { Grant, Login } from './login.js';

interface Answer {
  token?: {
    catalog?: {
      type?: string;
      endpoints?: { interface?: string; region?: string; region_id?: string; url?: string }[];
    }[];
  };
}

type V3 = Extract<Login, { kind: 'v3' | 'application' }>;

/** Keystone v3: `POST /v3/auth/tokens` with a password scoped to a project, or with an application credential. */
export async function keystoneV3(http: HttpClient, login: V3): Promise<Grant> {
  const url = `${login.url}/v3/auth/tokens`;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const body = Buffer.from(JSON.stringify({ auth: authOf(login) }));
  const response = await http.send({ method: 'POST', url, headers, body });
  const text = await textOf(response);
  if (response.status >= 300) throw refusedLogin(response.status, url, describe(login));
  const token = response.headers['x-subject-token'];
  if (typeof token !== 'string') throw badAnswer(url, 'gave no token');
  const endpoints = (parseAnswer<Answer>(url, text).token?.catalog ?? []).flatMap(({ type, endpoints: found = [] }) =>
    found.map((one) => ({ type, region: one.region ?? one.region_id, interface: one.interface, url: one.url })),
  );
  return { token, storageUrl: login.storageUrl ?? pickEndpoint(url, endpoints, login.endpoint) };
}

function authOf(login: V3): object {
  if (login.kind === 'application') {
    // Scoped to its project by itself.
    const credential = { id: login.id, secret: login.secret.reveal() };
    return { identity: { methods: ['application_credential'], application_credential: credential } };
  }
  const user = { ...login.user, password: login.password.reveal() };
  return { identity: { methods: ['password'], password: { user } }, scope: { project: login.project } };
}

function describe(login: V3): string {
  if (login.kind === 'application') return `application credential "${login.id}" and its secret`;
  const { user } = login;
  return `user "${'id' in user ? user.id : user.name}", its password, project and domains`;
}
