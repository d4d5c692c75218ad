import { textOf, type HttpClient } from '../http.js';
import { pickEndpoint, parseAnswer } from './catalog.js';
import { badAnswer, refusedLogin } from './login-failure.js';
import type { Grant, Login } from './login.js';

interface Answer {
  access?: {
    token?: { id?: string };
    serviceCatalog?: { type?: string; endpoints?: Record<string, string>[] }[];
  };
}

/** Keystone v2.0: `POST /v2.0/tokens`. Withdrawn by OpenStack long ago, but the old system offered it. */
export async function keystoneV2(http: HttpClient, login: Extract<Login, { kind: 'v2' }>): Promise<Grant> {
  const { username, tenant } = login;
  const auth = {
    passwordCredentials: { username, password: login.password.reveal() },
    ...('id' in tenant ? { tenantId: tenant.id } : { tenantName: tenant.name }),
  };
  const url = `${login.url}/v2.0/tokens`;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await http.send({ method: 'POST', url, headers, body: Buffer.from(JSON.stringify({ auth })) });
  const text = await textOf(response);
  if (response.status >= 300) throw refusedLogin(response.status, url, `user "${username}", its password and tenant`);
  const { access } = parseAnswer<Answer>(url, text);
  const token = access?.token?.id;
  if (!token) throw badAnswer(url, 'gave no token');
  const endpoints = (access.serviceCatalog ?? []).flatMap(({ type, endpoints: found = [] }) =>
    found.flatMap((one) =>
      ['public', 'internal', 'admin'].map((name) => ({
        type,
        region: one.region,
        interface: name,
        url: one[`${name}URL`],
      })),
    ),
  );
  return { token, storageUrl: login.storageUrl ?? pickEndpoint(url, endpoints, login.endpoint) };
}
