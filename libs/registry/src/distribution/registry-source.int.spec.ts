import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Secret } from '@kedge/config';
import type { Descriptor, ImageSource } from '../image-source.js';
import { openImageSource } from '../open-image.js';
import {
  blobPath,
  buildLayout,
  buildMultiArchLayout,
  pushLayout,
  startRegistry,
  temporaryDirectory,
  type ImageSpec,
  type RegistryServer,
} from '../testing/index.js';
import { RegistryClient, type RegistryOptions } from './registry-client.js';

const spec: ImageSpec = { layers: [[{ name: 'a', content: 'A'.repeat(100_000) }], [{ name: 'b', content: 'B' }]] };

let registry: RegistryServer;
let directory: { path: string; remove(): Promise<void> };
const sources: ImageSource[] = [];

beforeAll(async () => (registry = await startRegistry()), 200_000);
afterAll(() => registry.stop());
beforeEach(async () => (directory = await temporaryDirectory()));
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()));
  await directory.remove();
});

function open(reference: string, options: RegistryOptions = {}): ImageSource {
  const source = openImageSource(reference, { attempts: 1, ...options });
  sources.push(source);
  return source;
}

describe('an image in a real registry', () => {
  it.each([
    ['OCI', false],
    ['Docker schema 2', true],
  ])('resolves an image of %s by tag and digest, and gives its layers', async (_name, docker) => {
    const repo = docker ? 'team/docker' : 'team/oci';
    const built = await buildLayout(directory.path, { ...spec, docker });
    await pushLayout(directory.path, registry.host, `${repo}:1`);
    for (const reference of [`${repo}:1`, `${repo}@${built.digest}`, `${repo}:ignored@${built.digest}`]) {
      const source = open(`docker://${registry.host}/${reference}`);
      const image = await source.resolve();
      expect(image).toMatchObject({
        digest: built.digest,
        parentDigest: built.digest,
        mediaType: built.mediaType,
        imageId: built.configDigest.slice(7),
        layers: built.layers,
        diffIds: built.diffIds,
      });
      expect(image.manifest).toEqual(await readFile(blobPath(directory.path, built.digest)));
      for (const layer of image.layers) {
        expect(await buffer(await source.openBlob(layer))).toEqual(
          await readFile(blobPath(directory.path, layer.digest)),
        );
      }
    }
  });

  it.each([
    ['OCI index', false],
    ['manifest list', true],
  ])('follows an %s to the platform asked for', async (_name, docker) => {
    const repo = docker ? 'multi/docker' : 'multi/oci';
    const platforms = ['arm64', 'amd64'].map((architecture) => ({ os: 'linux', architecture }));
    const { digest, images } = await buildMultiArchLayout(
      directory.path,
      platforms.map((platform) => ({ platform, spec })),
      { docker },
    );
    expect(await pushLayout(directory.path, registry.host, `${repo}:1`)).toBe(digest);
    const source = open(`${registry.host}/${repo}:1`);
    expect(await source.resolve()).toMatchObject({ digest: images[1]?.digest, parentDigest: digest });
    expect(await source.resolve({ platform: platforms[0] })).toMatchObject({ digest: images[0]?.digest });
    await expect(source.resolve({ platform: { os: 'windows', architecture: 'amd64' } })).rejects.toMatchObject({
      code: 'no_platform',
      message: expect.stringContaining('it offers linux/arm64, linux/amd64'),
    });
  });

  it('lists tags page by page and tells the digest of one', async () => {
    const built = await buildLayout(directory.path, spec);
    const tags = ['a', 'b', 'c'];
    for (const tag of tags) await pushLayout(directory.path, registry.host, `tags/app:${tag}`);
    const client = new RegistryClient(registry.host);
    await client.ping();
    const listed: string[] = [];
    for await (const tag of client.listTags('tags/app')) listed.push(tag);
    expect(listed.sort()).toEqual(tags);
    expect(await client.getDigest('tags/app', 'b')).toBe(built.digest);
    client.close();
  });

  it('says that an unknown tag, repository or blob is not there', async () => {
    const built = await buildLayout(directory.path, spec);
    await pushLayout(directory.path, registry.host, 'team/known:1');
    for (const reference of ['team/known:2', 'team/unknown:1', `team/known@sha256:${'0'.repeat(64)}`]) {
      await expect(open(`${registry.host}/${reference}`).resolve()).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining(`${registry.host}/${reference}`),
      });
    }
    const unknown: Descriptor = { ...built.layers[0]!, digest: `sha256:${'0'.repeat(64)}` };
    await expect(open(`${registry.host}/team/known:1`).openBlob(unknown)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('finds out that the registry serves damaged bytes', async () => {
    const built = await buildLayout(directory.path, { layers: [[{ name: 'd', content: 'damaged later' }]] });
    await pushLayout(directory.path, registry.host, 'team/damaged:1');
    const [layer] = built.layers;
    const hex = layer!.digest.slice(7);
    const file = join(registry.dataDirectory, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
    const bytes = await readFile(file);
    bytes[20] = (bytes[20] ?? 0) ^ 0xff;
    await writeFile(file, bytes);
    const source = open(`${registry.host}/team/damaged:1`);
    await source.resolve();
    await expect(buffer(await source.openBlob(layer!))).rejects.toMatchObject({ code: 'digest_mismatch' });
    await writeFile(file, bytes.subarray(0, 30));
    await expect(buffer(await source.openBlob(layer!))).rejects.toMatchObject({ code: 'size_mismatch' });
    expect(await readdir(directory.path)).toContain('index.json');
  });

  it('says that nobody answers at a closed port, a name that does not resolve', async () => {
    for (const host of ['127.0.0.1:1', 'no-such-host.invalid']) {
      await expect(open(`${host}/a:1`).resolve()).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining(host),
      });
    }
  });

  it('stops when told to', async () => {
    await buildLayout(directory.path, spec);
    await pushLayout(directory.path, registry.host, 'team/abort:1');
    const source = open(`${registry.host}/team/abort:1`);
    const signal = AbortSignal.abort();
    await expect(source.resolve({ signal })).rejects.toMatchObject({ code: 'aborted' });
    const { layers } = await source.resolve();
    const abort = new AbortController();
    const stream = await source.openBlob(layers[0]!, { signal: abort.signal });
    abort.abort();
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('refuses what names no registry or repository', () => {
    expect(() => open(`sha256:${'0'.repeat(64)}`)).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
    expect(() => open('localbuild/x')).toThrow(expect.objectContaining({ code: 'not_supported' }));
    expect(
      () => new RegistryClient('r.example', { credentials: { username: 'u', password: new Secret('p') } }),
    ).not.toThrow();
  });
});
