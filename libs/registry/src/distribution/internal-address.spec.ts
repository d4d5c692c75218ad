import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { guardedLookup, isRefused, refusedFor, type Sender } from './internal-address.js';
import { RegistryClient } from './registry-client.js';
import { Transport } from './transport.js';

const METADATA = '169.254.169.254';
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A name server: `*.here` is this machine, `*.segment` its network segment, anything else far away. */
const asked: string[] = [];
const lookup: LookupFunction = (name, options, done) => {
  asked.push(name);
  const address = name.endsWith('.here') ? '127.0.0.1' : name.endsWith('.segment') ? METADATA : '203.0.113.1';
  if (options.all) done(null, [{ address, family: 4 }]);
  else done(null, address, 4);
};
beforeEach(() => void asked.splice(0));

describe('what a server leads to', () => {
  it.each<[string, string, boolean]>([
    ['r.example', 'http://127.0.0.1:8228/v1/system', true],
    ['r.example', 'https://localhost/', true],
    ['r.example', 'http://2130706433/', true], // 127.0.0.1 as one number
    ['r.example', 'http://[::ffff:127.0.0.1]/', true],
    ['r.example', 'http://0.0.0.0/', true],
    ['r.example', 'http://[::]/', true],
    ['r.example', 'http://169.254.169.254/latest/meta-data/', true],
    ['127.0.0.1', 'http://169.254.169.254/', true],
    ['r.example', 'http://[fe80::1]/', true],
    ['r.example', 'http://[::ffff:169.254.169.254]/', true],
    ['127.0.0.1', 'http://127.0.0.1:9000/', false],
    ['r.example', 'https://storage.example/blob', false],
    ['r.example', 'http://10.1.2.3:9000/blob', false],
    ['169.254.1.1', 'http://169.254.1.2/', false],
  ])('from %s to %s is inside: %s', (hostname, to, inside) => {
    expect(isRefused(refusedFor({ hostname }), new URL(to).hostname)).toBe(inside);
  });

  it('may be inside when it was reached inside by its name, or when the operator named it', () => {
    expect(isRefused(refusedFor({ hostname: 'r.here', address: '::ffff:127.0.0.1' }), 'localhost')).toBe(false);
    expect(isRefused(refusedFor({ hostname: 'r.here', address: '127.0.0.1' }), METADATA)).toBe(true);
    expect(isRefused(refusedFor(undefined), METADATA)).toBe(false);
  });
});

describe('a name that stands for an internal address', () => {
  it.each([
    ['127.0.0.1', 4],
    ['::ffff:127.0.0.1', 6],
    ['::', 6],
    ['fe80::1%eth0', 6],
    [METADATA, 4],
  ])('is refused for %s, even when it stands for others as well', (address, family) => {
    const found = [
      { address: '203.0.113.1', family: 4 },
      { address, family },
    ];
    const guarded = guardedLookup(refusedFor({ hostname: 'r.example' }), 'inside.example', (_name, _options, done) =>
      done(null, found),
    );
    const done = jest.fn();
    guarded('inside.example', { all: true }, done);
    const message = `inside.example stands for the internal address ${address}`;
    expect(done.mock.calls[0]?.[0]).toMatchObject({ code: 'INTERNAL_ADDRESS', message });
    guarded('proxy.example', { all: true }, done); // the operator's, whatever its address
    expect(done.mock.calls[1]).toEqual([null, found, undefined]);
  });

  it('is looked up once, so that the check and the connection see the same', async () => {
    const { port, requests } = await serve((_request, response) => void response.end('answer'));
    const transport = new Transport({ verifyTls: true, allowPlainHttp: true, answerTimeoutMs: 5000, lookup });
    closers.push(() => transport.close());
    const get = async (from?: Sender) => {
      const { body, sender } = await transport.request(new URL(`http://name.here:${port}/`), { ...(from && { from }) });
      await buffer(body);
      return sender;
    };
    await expect(get({ hostname: 'r.example' })).rejects.toMatchObject({ code: 'INTERNAL_ADDRESS' });
    expect(asked).toEqual(['name.here']);
    expect(requests).toEqual([]);
    const sender = await get();
    expect(sender).toEqual({ hostname: 'name.here', address: '127.0.0.1' });
    // Kept open, and not lent to those who may not go there.
    await expect(get({ hostname: 'r.example' })).rejects.toMatchObject({ code: 'INTERNAL_ADDRESS' });
    await get(sender);
    expect(requests).toEqual(['/', '/']);
  });
});

describe('a registry', () => {
  it.each([
    ['redirects a blob', (port: number) => ({ location: `http://inside.segment:${port}/` }), 307],
    [
      'names a token server',
      (port: number) => ({ 'www-authenticate': `Bearer realm="http://t.segment:${port}/"` }),
      401,
    ],
  ])('that %s to a name of the network segment is not followed', async (_name, headers, status) => {
    const { port } = await serve((_request, response) => void response.writeHead(status, headers(port)).end());
    await expect(open(`r.here:${port}`)).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringMatching(/\.segment stands for the internal address 169\.254\.169\.254$/),
    });
  });

  it('names foreign layers that lie elsewhere only', async () => {
    const { port } = await serve((_request, response) => void response.writeHead(404).end());
    for (const host of ['inside.segment', METADATA]) {
      await expect(open(`r.here:${port}`, [`https://${host}/layer`])).rejects.toMatchObject({
        code: 'not_supported',
        message: expect.stringContaining(`internal address ${METADATA}`),
      });
    }
  });

  it('that the operator put here may lead to other names of this machine', async () => {
    const storage = await serve((_request, response) => void response.end('x'));
    const { port } = await serve((request, response) => {
      if (request.headers.authorization) {
        response.writeHead(307, { location: `http://storage.here:${storage.port}/blob` }).end();
      } else if (request.url?.startsWith('/token')) {
        response.end('{"token":"t"}');
      } else {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://token.here:${port}/token"` }).end();
      }
    });
    const stream = await open(`r.here:${port}`);
    stream.destroy();
    expect(storage.requests).toEqual(['/blob']);
  });
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/v2/') return void response.end();
    requests.push(request.url ?? '');
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

function open(host: string, urls?: string[]) {
  const client = new RegistryClient(host, { attempts: 1, insecure: true, lookup });
  closers.push(() => client.close());
  const digest = `sha256:${'a'.repeat(64)}`;
  return client.openBlob('a', { mediaType: 'x', digest, size: 1, ...(urls && { urls }) });
}
