import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Secret } from '@kedge/config';
import type { Descriptor } from '../image-source.js';
import { RegistryClient, type RegistryOptions } from './registry-client.js';

// A real registry does not break its connections on request, so these servers do.

const content = Buffer.alloc(300_000, 'content of a layer ');
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
const blob: Descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: content.length };
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/v2/') response.end();
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(host: string, options: RegistryOptions = {}): RegistryClient {
  const made = new RegistryClient(host, options);
  closers.push(() => made.close());
  return made;
}

/** Sends the blob from the offset asked for, but cuts the connection after some bytes. */
function sendPart(request: IncomingMessage, response: ServerResponse, bytes: number, ranges = true): void {
  const start = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
  const rest = content.subarray(start);
  const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length, ...(start > 0 && range) });
  if (bytes >= rest.length) response.end(rest);
  else response.write(rest.subarray(0, bytes), () => response.destroy());
}

describe('a connection that breaks', () => {
  it.each([
    ['where it broke', true],
    ['from the start when the server knows no ranges', false],
  ])('is taken up again %s', async (_name, ranges) => {
    const asked: (string | undefined)[] = [];
    const host = await serve((request, response) => {
      asked.push(request.headers.range);
      sendPart(request, response, asked.length * 90_000 + (asked.length > 2 ? 1e6 : 0), ranges);
    });
    expect(await buffer(await client(host).openBlob('a', blob))).toEqual(content);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBeUndefined();
    expect(asked[1]).toMatch(/^bytes=\d+-$/);
  });

  it('is given up after the limit', async () => {
    let requests = 0;
    const host = await serve((request, response) => {
      requests++;
      sendPart(request, response, 1000);
    });
    await expect(buffer(await client(host, { resumes: 2 }).openBlob('a', blob))).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(digest),
    });
    expect(requests).toBe(3);
  });

  it('counts as broken when no data comes', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 10));
    });
    const stream = await client(host, { resumes: 0, idleTimeoutMs: 50 }).openBlob('a', blob);
    await expect(buffer(stream)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('50 ms'),
    });
  });

  it('is not waited for without end', async () => {
    const host = await serve(() => undefined);
    const made = client(host, { attempts: 1, answerTimeoutMs: 50 });
    await expect(made.getManifest('a', '1')).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('a server that misbehaves', () => {
  it('is asked again after a 503, a limited number of times', async () => {
    let requests = 0;
    const host = await serve((_request, response) => {
      requests++;
      response.writeHead(requests < 2 ? 503 : 200).end('{}');
    });
    expect((await client(host).getManifest('a', '1')).bytes.toString()).toBe('{}');
    expect(requests).toBe(2);
    requests = -10;
    await expect(client(host, { attempts: 2 }).getManifest('a', '1')).rejects.toMatchObject({ code: 'unreachable' });
    expect(requests).toBe(-8);
  });

  it('may not send more than 4 MiB as a manifest, announced or not', async () => {
    for (const announced of [true, false]) {
      const big = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
      const host = await serve((_request, response) => {
        if (announced) response.setHeader('content-length', big.length);
        response.write(big, () => undefined);
        response.end();
      });
      await expect(client(host).getManifest('a', '1')).rejects.toMatchObject({ code: 'too_large' });
    }
  });

  it('may not send another manifest than it says or than was asked for', async () => {
    const host = await serve((_request, response) => response.setHeader('docker-content-digest', digest).end('{}'));
    await expect(client(host).getManifest('a', '1')).rejects.toMatchObject({ code: 'digest_mismatch' });
    await expect(client(host).getManifest('a', digest)).rejects.toMatchObject({ code: 'digest_mismatch' });
  });

  it('may not send more bytes than the descriptor says', async () => {
    const host = await serve((_request, response) => void response.end(Buffer.concat([content, content])));
    await expect(buffer(await client(host).openBlob('a', blob))).rejects.toMatchObject({ code: 'size_mismatch' });
  });

  it('may not send data without end, as a blob, a manifest or a token', async () => {
    const ended: Promise<unknown>[] = [];
    const host = await serve((request, response) => {
      const piece = Buffer.alloc(64 * 1024, ' ');
      const send = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      ended.push(new Promise((resolve) => response.once('close', resolve)));
      const login = request.url?.startsWith('/v2/secret/') && {
        'www-authenticate': `Bearer realm="http://${host}/token"`,
      };
      response.writeHead(login ? 401 : 200, { ...login }).on('drain', send);
      send();
    });
    const made = client(host, { attempts: 1 });
    await expect(buffer(await made.openBlob('a', blob))).rejects.toMatchObject({ code: 'size_mismatch' });
    await expect(made.getManifest('a', '1')).rejects.toMatchObject({ code: 'too_large' });
    await expect(made.getManifest('secret', '1')).rejects.toMatchObject({ code: 'too_large' });
    expect(ended).toHaveLength(4);
    await Promise.all(ended); // every connection is cut
  });

  it('may redirect a blob elsewhere, where the login does not follow', async () => {
    const seen: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end(content);
    });
    const host = await serve((request, response) => {
      seen.push(request.headers.authorization);
      if (!request.headers.authorization) response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      else response.writeHead(307, { location: `http://${storage}/bucket/blob` }).end();
    });
    const credentials = { username: 'u', password: new Secret('p') };
    expect(await buffer(await client(host, { credentials }).openBlob('a', blob))).toEqual(content);
    expect(seen).toEqual([undefined, 'Basic dTpw', undefined]);
  });

  it('may not redirect to plain HTTP outside loopback, to internal addresses, nor for ever', async () => {
    const host = await serve(
      (_request, response) => void response.writeHead(307, { location: 'http://r.example/' }).end(),
    );
    await expect(client(host).openBlob('a', blob)).rejects.toMatchObject({ code: 'not_supported' });
    const inside = await serve(
      (_request, response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
    );
    await expect(client(inside, { insecure: true }).openBlob('a', blob)).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('internal address'),
    });
    const loop = await serve((request, response) => void response.writeHead(307, { location: request.url }).end());
    await expect(client(loop).openBlob('a', blob)).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('redirects more than 5 times'),
    });
  });
});
