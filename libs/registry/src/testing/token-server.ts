import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running token server. */
export interface TokenServer {
  /** For the registry's `--token` and the challenges it sends. */
  realm: string;
  /** Scopes of the requests so far, with the user that asked (empty: anonymous). */
  requests: { scope: string; user: string }[];
  close(): Promise<void>;
}

/**
 * A token server by the Docker Registry v2 token specification for a registry that trusts `cert`. Anonymous requests and
 * the login get whatever scope they ask for; a wrong login is refused with 401.
 */
export async function startTokenServer(
  files: { cert: string; key: string },
  login: { username: string; password: string },
): Promise<TokenServer> {
  const certificate = new X509Certificate(await readFile(files.cert));
  const key = createPrivateKey(await readFile(files.key));
  const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const requests: TokenServer['requests'] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== expected) {
      response.writeHead(401).end('{}');
      return;
    }
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const scope = searchParams.get('scope') ?? '';
    requests.push({ scope, user: authorization ? login.username : '' });
    const now = Math.floor(Date.now() / 1000);
    const [type = '', name = '', actions = ''] = scope.split(':');
    const claims = {
      iss: 'kedge-test',
      aud: 'kedge-test',
      sub: 'test',
      iat: now,
      nbf: now - 10,
      exp: now + 300,
      jti: createHash('sha256').update(`${scope}${requests.length}`).digest('hex'),
      access: scope ? [{ type, name, actions: actions.split(',') }] : [],
    };
    const header = { typ: 'JWT', alg: 'RS256', x5c: [certificate.raw.toString('base64')] };
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const token = `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}
