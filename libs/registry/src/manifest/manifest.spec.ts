import { choosePlatform } from './choose-platform.js';
import { MEDIA, parseManifest, type IndexEntry } from './manifest.js';

const digest = `sha256:${'a'.repeat(64)}`;
const config = { mediaType: MEDIA.ociConfig, digest, size: 1 };
const parse = (value: unknown, mediaType?: string): ReturnType<typeof parseManifest> =>
  parseManifest(
    { bytes: Buffer.from(JSON.stringify(value)), digest, ...(mediaType && { mediaType }) },
    'r.example/a:1',
  );

describe('parseManifest', () => {
  it.each([
    ['an OCI manifest without media type', { config, layers: [] }, undefined, 'image', MEDIA.ociManifest],
    ['an OCI index without media type', { manifests: [] }, undefined, 'index', MEDIA.ociIndex],
    ['the claimed type', { config, layers: [] }, MEDIA.dockerManifest, 'image', MEDIA.dockerManifest],
    ['its own type first', { mediaType: MEDIA.dockerList, manifests: [] }, 'text/plain', 'index', MEDIA.dockerList],
  ])('reads %s', (_name, value, claimed, kind, mediaType) => {
    expect(parse(value, claimed)).toMatchObject({ kind, mediaType });
  });

  it.each([
    ['an index that is also a manifest', { manifests: [], config, layers: [] }, 'invalid_manifest', 'at once'],
    [
      'an artifact',
      { config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' }, layers: [] },
      'not_supported',
      'artifact',
    ],
    ['an unknown layer type', { config, layers: [{ ...config, mediaType: 'x/y' }] }, 'not_supported', "'x/y'"],
    [
      'another digest than sha256',
      { config: { ...config, digest: 'sha512:00' }, layers: [] },
      'not_supported',
      'sha256',
    ],
    ['a path as digest', { config: { ...config, digest: '../../etc/passwd' }, layers: [] }, 'not_supported', 'sha256'],
    ['no config', { layers: [] }, 'invalid_manifest', 'config'],
    ['a negative size', { config: { ...config, size: -1 }, layers: [] }, 'invalid_manifest', 'config.size'],
    ['no object', [1], 'invalid_manifest', 'not a JSON object'],
    ['another document', { mediaType: 'x/z' }, 'not_supported', "'x/z'"],
  ])('refuses %s', (_name, value, code, message) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

describe('choosePlatform', () => {
  const entry = (id: string, architecture?: string, variant?: string, annotations = {}): IndexEntry => ({
    mediaType: MEDIA.ociManifest,
    digest: id,
    size: 1,
    annotations,
    ...(architecture && { platform: { os: 'linux', architecture, ...(variant && { variant }) } }),
  });
  const choose = (entries: IndexEntry[], architecture = 'amd64', variant?: string): string =>
    choosePlatform(entries, { os: 'linux', architecture, ...(variant && { variant }) }, 'r.example/a:1').digest;

  it('matches architecture and variant', () => {
    const entries = [
      entry('arm6', 'arm', 'v6'),
      entry('arm7', 'arm', 'v7'),
      entry('amd', 'amd64'),
      entry('arm64', 'arm64'),
    ];
    expect(choose(entries)).toBe('amd');
    expect(choose(entries, 'arm', 'v7')).toBe('arm7');
    expect(choose(entries, 'arm')).toBe('arm6');
    expect(choose(entries, 'arm64', 'v8')).toBe('arm64');
  });

  it('prefers the entry without variant', () => {
    expect(choose([entry('v3', 'amd64', 'v3'), entry('base', 'amd64')])).toBe('base');
  });

  it('takes an only image without platform, and no attestation', () => {
    const attestation = entry('att', undefined, undefined, { 'vnd.docker.reference.type': 'attestation-manifest' });
    expect(choose([attestation, entry('only')])).toBe('only');
    expect(() => choose([attestation])).toThrow(expect.objectContaining({ code: 'no_platform' }));
  });

  it('lists what there is', () => {
    expect(() => choose([entry('a', 'arm64', 'v8'), entry('b', 's390x')])).toThrow(
      'r.example/a:1 has no image for linux/amd64; it offers linux/arm64/v8, linux/s390x',
    );
  });
});
