import { Secret } from '@kedge/config';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PolicyEngineClient } from './policy-engine-client.js';

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const seen: { method: string | undefined; url: string | undefined; authorization: string | undefined; body: string }[] =
  [];

function client(options: { suffix?: string; timeoutMs?: number } = {}): PolicyEngineClient {
  const { port } = server.address() as AddressInfo;
  return new PolicyEngineClient({
    baseUrl: `http://127.0.0.1:${port}${options.suffix ?? ''}`,
    token: new Secret('t0ken'),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
}

function reply(status: number, type: string, body: string): void {
  answer = (_request, response) => void response.writeHead(status, { 'content-type': type }).end(body);
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const { method, url, headers } = request;
    void text(request).then((body) => {
      seen.push({ method, url, authorization: headers.authorization, body });
      answer(request, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(() => seen.splice(0));
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

describe('PolicyEngineClient', () => {
  it('sends the bundle with the token and encodes every name', async () => {
    reply(200, 'application/json', '{"final_action":"stop"}');
    const request = {
      account: 'a/b',
      imageId: 'ff00',
      imageDigest: 'sha256:1',
      tag: 'docker.io/x:1 &',
      bundle: { id: 'b' },
    };
    expect(await client().evaluate(request)).toEqual({ final_action: 'stop' });
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/v1/users/a%2Fb/images/ff00/check_inline?tag=docker.io%2Fx%3A1+%26&image_digest=sha256%3A1',
        authorization: 'Bearer t0ken',
        body: '{"id":"b"}',
      },
    ]);
  });

  it.each(['', '/', '/v1', '/v1/'])('takes a base url that ends in %j', async (suffix) => {
    reply(200, 'application/json', '[]');
    await client({ suffix }).policySpec();
    await client({ suffix }).artifacts({ account: 'admin', imageId: 'f', type: 'secret_search' });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/policy_spec',
      'GET /v1/users/admin/images/f/artifacts/secret_search',
    ]);
  });

  it.each([
    [
      'its own form',
      404,
      'application/json',
      '{"message":"Image not found","httpcode":404,"detail":{"error_codes":["X"]}}',
      { status: 404, message: 'Image not found', detail: { error_codes: ['X'] } },
    ],
    [
      'problem+json',
      400,
      'application/problem+json',
      '{"title":"Bad Request","status":400,"detail":"\'id\' is a required property"}',
      { status: 400, message: "'id' is a required property", detail: { error_codes: [] } },
    ],
    [
      'a page of a proxy',
      504,
      'text/html',
      '<html>',
      { status: 504, message: 'the policy engine answered with status 504' },
    ],
    ['null', 500, 'application/json', 'null', { status: 500, message: 'the policy engine answered with status 500' }],
    [
      'a refused token',
      401,
      'text/html',
      'Unauthorized',
      { status: 502, message: expect.stringMatching(/service token/) },
    ],
    [
      'success without JSON',
      200,
      'application/json',
      '{"cut',
      { status: 502, message: expect.stringMatching(/no JSON/) },
    ],
  ])('raises an error given as %s', async (_form, status, type, body, error) => {
    reply(status, type, body);
    await expect(client().validateBundle({})).rejects.toMatchObject({ name: 'ApiError', ...error });
  });

  it('tells a silent, a broken and an absent policy engine apart, and names no address', async () => {
    answer = () => undefined;
    await expect(client({ timeoutMs: 100 }).policySpec()).rejects.toMatchObject({ status: 504, retryable: true });
    answer = (_request, response) => void response.socket?.destroy();
    await expect(client().policySpec()).rejects.toMatchObject({ status: 503 });
    const nobody = new PolicyEngineClient({ baseUrl: 'http://127.0.0.1:9', token: new Secret('t') });
    await expect(nobody.policySpec()).rejects.toMatchObject({
      status: 503,
      message: 'the policy engine cannot be reached; try again later',
    });
  });
});
