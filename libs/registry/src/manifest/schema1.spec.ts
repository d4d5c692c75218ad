import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RegistryClient } from '../distribution/registry-client.js';
import { MEDIA, parseManifest } from './manifest.js';
import { signedPayload } from './signed-payload.js';

const layer = (letter: string) => `sha256:${letter.repeat(64)}`;
const EMPTY = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';

function manifest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schemaVersion: 1,
    name: 'a/b',
    tag: '1',
    architecture: 'amd64',
    fsLayers: [{ blobSum: layer('b') }, { blobSum: layer('c') }, { blobSum: EMPTY }, { blobSum: layer('a') }],
    history: [
      { id: '4', parent: '3', Size: 7, os: 'linux', config: { Env: ['A=1'] }, created: '2016-01-04T00:00:00Z' },
      { id: '3', throwaway: true, container_config: { Cmd: ['/bin/sh -c #(nop) CMD ["b"]'] } },
      { id: '2', container_config: { Cmd: ['/bin/sh', '-c', 'true'] } },
      { id: '1', author: 'me', comment: 'first', container_config: { Cmd: null } },
    ].map((step) => ({ v1Compatibility: JSON.stringify(step) })),
    ...changes,
  };
}

/** A document signed as libtrust does: the signatures stand before the last brace. */
function signed(payload: string, header: Record<string, unknown> = {}, copies = 1): Buffer {
  const end = payload.lastIndexOf('\n}');
  const protect = (more: Record<string, unknown>) =>
    Buffer.from(
      JSON.stringify({
        formatLength: end,
        formatTail: Buffer.from(payload.slice(end)).toString('base64url'),
        time: '2016-01-01T00:00:00Z',
        ...more,
      }),
    ).toString('base64url');
  const signatures = Array.from({ length: copies }, (_, index) => ({
    header: { alg: 'ES256' },
    signature: 'AAAA',
    protected: protect(index === copies - 1 ? header : {}),
  }));
  return Buffer.from(`${payload.slice(0, end)},\n   "signatures": ${JSON.stringify(signatures)}\n}`);
}

const payload = JSON.stringify(manifest(), null, 3);
const parse = (value: unknown) => {
  const bytes = Buffer.from(JSON.stringify(value));
  const parsed = parseManifest({ bytes, digest: '' }, 'r.example/a:1');
  if (parsed.kind !== 'schema1') throw new Error(`read as ${parsed.kind}`);
  return { blobs: parsed.image.blobs, config: JSON.parse(parsed.image.config.toString('utf8')) as unknown };
};

describe('a manifest of Docker schema 1', () => {
  it('lists its layers base first, without the steps that made none, and makes a config', () => {
    const { blobs, config } = parse(manifest());
    expect(blobs).toEqual([layer('a'), layer('b')]);
    expect(config).toEqual({
      os: 'linux',
      architecture: 'amd64',
      created: '2016-01-04T00:00:00Z',
      config: { Env: ['A=1'] },
      rootfs: { type: 'layers' },
      history: [
        { created: '', author: 'me', comment: 'first' },
        { created: '', created_by: '/bin/sh -c true', empty_layer: true }, // by its blob, which holds nothing
        { created: '', created_by: '/bin/sh -c #(nop) CMD ["b"]', empty_layer: true },
        { created: '2016-01-04T00:00:00Z' },
      ],
    });
  });

  it.each([
    ['fewer layers than steps', { fsLayers: [{ blobSum: layer('a') }] }, 'invalid_manifest', '1 layers for 4 steps'],
    ['no layers', { fsLayers: [], history: [] }, 'invalid_manifest', 'fsLayers'],
    ['no history', { history: undefined }, 'invalid_manifest', 'history'],
    ['a step that is not JSON', { history: Array(4).fill({ v1Compatibility: '{' }) }, 'invalid_manifest', 'not JSON'],
    ['a step that is a list', { history: Array(4).fill({ v1Compatibility: '[]' }) }, 'invalid_manifest', 'v1Compat'],
    ['a path as digest', { fsLayers: Array(4).fill({ blobSum: '../../a' }) }, 'not_supported', 'sha256'],
    ['a second kind at once', { layers: [], config: {} }, 'invalid_manifest', 'at once'],
    [
      'endless steps',
      { fsLayers: Array(1001).fill({ blobSum: EMPTY }), history: Array(1001).fill({ v1Compatibility: '{}' }) },
      'too_large',
      'at most 1000',
    ],
  ])('is refused with %s', (_name, changes, code, message) => {
    expect(() => parse(manifest(changes))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe('a signed manifest', () => {
  it('is what was signed, whatever stands beside it', () => {
    expect(signedPayload(signed(payload), 'a').toString()).toBe(payload);
    expect(signedPayload(signed(payload, {}, 3), 'a').toString()).toBe(payload);
    const added = signed(payload).toString().replace(',\n   "signatures"', ',\n   "fsLayers": [], "signatures"');
    expect(signedPayload(Buffer.from(added), 'a').toString()).toBe(payload);
  });

  it('leaves other documents alone', () => {
    for (const text of [
      payload,
      '{"schemaVersion":2,"signatures":[{"protected":"x"}]}',
      '"signatures"',
      '{"signatures"',
    ]) {
      expect(signedPayload(Buffer.from(text), 'a').toString()).toBe(text);
    }
  });

  it.each([
    ['more bytes than there are', { formatLength: 1e6 }, 1, 'for 1000000 bytes'],
    ['a negative length', { formatLength: -1 }, 1, 'formatLength'],
    ['no tail', { formatTail: undefined }, 1, 'formatTail'],
    ['a tail that is not base64url', { formatTail: '??' }, 1, 'formatTail'],
    ['different texts', { formatLength: 5 }, 2, 'different texts'],
    ['too many signatures', {}, 17, 'more than 16'],
  ])('is refused with %s', (_name, header, copies, message) => {
    expect(() => signedPayload(signed(payload, header, copies), 'r.example/a:1')).toThrow(
      expect.objectContaining({ code: 'invalid_manifest', message: expect.stringContaining(message) }),
    );
  });
});

describe('a registry that lies about a signed manifest', () => {
  const digest = `sha256:${createHash('sha256').update(payload).digest('hex')}`;
  let served: Buffer;
  const server = createServer((request, response) => {
    if (request.url === '/v2/') return void response.end();
    response.writeHead(200, { 'content-type': MEDIA.schema1Signed }).end(served);
  });
  let client: RegistryClient;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new RegistryClient(`127.0.0.1:${(server.address() as AddressInfo).port}`, { attempts: 1 });
  });
  afterAll(() => {
    client.close();
    server.close();
  });

  it('is found out by the digest of what was signed', async () => {
    served = signed(payload);
    expect(await client.getManifest('a', digest)).toMatchObject({ digest, bytes: Buffer.from(payload) });
    served = signed(payload.replace(layer('b'), layer('d')));
    await expect(client.getManifest('a', digest)).rejects.toMatchObject({ code: 'digest_mismatch' });
    served = signed(payload, { formatLength: payload.lastIndexOf('\n}') - 1 });
    await expect(client.getManifest('a', digest)).rejects.toMatchObject({ code: 'digest_mismatch' });
  });
});
