import { compileBundle, describeGates, evaluateBundle, validateBundle, type ImageView } from '@kedge/policy';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestPolicyEngine {
  /** For `policy_engine_endpoint`. */
  url: string;
  /** Authorization headers of the calls so far. */
  authorizations: string[];
  stop: () => Promise<void>;
}

/**
 * The policy library behind the routes of the policy engine, which the catalog may not import. Its images are empty, so
 * bundles of tests use the gate `always`. An image whose id begins with `f` is unknown.
 */
export async function startPolicyEngine(): Promise<TestPolicyEngine> {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '');
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations, stop };
}

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const url = new URL(request.url ?? '/', 'http://engine.invalid');
  const value: unknown = request.method === 'POST' ? JSON.parse((await request.toArray()).join('')) : undefined;
  if (url.pathname === '/v1/policy_spec') return { status: 200, body: describeGates() };
  if (url.pathname === '/v1/validate_bundle') {
    const { valid, problems } = validateBundle(value, { packageDbLoad: true });
    return { status: 200, body: { valid, validation_details: problems } };
  }
  const [, account = '', imageId = ''] =
    /^\/v1\/users\/([^/]+)\/images\/([^/]+)\/check_inline$/.exec(url.pathname) ?? [];
  if (!imageId || imageId.startsWith('f')) {
    return { status: 404, body: { message: 'Image not found', httpcode: 404, detail: { error_codes: [] } } };
  }
  const digest = url.searchParams.get('image_digest');
  // The gate `always` asks nothing of the image.
  const view = { imageId, account, digest } as ImageView;
  const { evaluation } = await evaluateBundle(compileBundle(value), {
    account,
    imageId,
    digest,
    tag: url.searchParams.get('tag'),
    view,
  });
  return { status: 200, body: evaluation };
}
