import { createWriteStream } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ImageSource } from '../image-source.js';
import { openImageSource } from '../open-image.js';
import { buildDockerArchive, buildLayerTar, temporaryDirectory, type ImageSpec } from '../testing/index.js';

const spec: ImageSpec = { layers: [[{ name: 'a', content: 'A'.repeat(3000) }], [{ name: 'b', content: 'B' }]] };

let directory: { path: string; remove(): Promise<void> };
let file: string;
const sources: ImageSource[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
  file = join(directory.path, 'image.tar');
});
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()));
  await directory.remove();
});

/** Opened anew, since a test writes the same file again; closed after the test. */
function open(tag = ''): ImageSource {
  const source = openImageSource(`docker-archive:${file}${tag}`);
  sources.push(source);
  return source;
}

interface Member {
  name: string;
  type?: 'symlink';
  linkname?: string;
  content?: string | Buffer;
}

async function writeTar(members: Member[]): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  for (const { content, ...header } of members) {
    if (content === undefined) archive.entry(header);
    else archive.entry(header, content);
  }
  archive.finalize();
  await written;
}

describe('a docker archive', () => {
  it('resolves to the same manifest each time; plain layers go by their diff ids', async () => {
    const built = await buildDockerArchive(file, spec);
    const source = open();
    const image = await source.resolve();
    expect(image.diffIds).toEqual(built.diffIds);
    expect(image.layers.map(({ digest }) => digest)).toEqual(built.diffIds);
    expect(image.imageId).toBe(built.configDigest.slice(7));
    expect((await source.resolve()).digest).toBe(image.digest);
    expect(JSON.parse(image.manifest.toString())).toMatchObject({ schemaVersion: 2, layers: image.layers });
    for (const [index, layer] of image.layers.entries()) {
      expect(await buffer(await source.openBlob(layer))).toEqual(await buildLayerTar(spec.layers[index] ?? []));
    }
  });

  it('hashes layers that are stored compressed', async () => {
    await buildDockerArchive(file, { ...spec, compression: 'gzip' });
    const source = open();
    const { layers, diffIds } = await source.resolve();
    expect(layers[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip');
    expect(layers[0]?.digest).not.toBe(diffIds[0]);
    expect(gunzipSync(await buffer(await source.openBlob(layers[0]!)))).toEqual(await buildLayerTar(spec.layers[0]!));
  });

  it('is found by its tag, in any spelling of it', async () => {
    await buildDockerArchive(file, spec, { tags: ['debian:12', 'r.example:5000/a/b:1'] });
    for (const tag of ['debian:12', 'docker.io/debian:12', 'r.example:5000/a/b:1']) {
      const source = open(`:${tag}`);
      expect((await source.resolve()).layers).toHaveLength(2);
    }
    await expect(open(':debian:13').resolve()).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('it holds debian:12, r.example:5000/a/b:1'),
    });
  });

  it('follows links inside the archive, long names and pax headers, and nothing outside it', async () => {
    const layer = await buildLayerTar(spec.layers[0]!);
    await buildDockerArchive(file, { layers: [spec.layers[0]!] });
    const { config, diffIds } = await open().resolve();
    const long = `${'d'.repeat(90)}/${'e'.repeat(120)}/ü/layer.tar`;
    const manifest = (name: string): string => JSON.stringify([{ Config: 'c.json', Layers: [name] }]);
    const members = (name: string): Member[] => [
      { name: 'c.json', content: config },
      { name: long, content: layer },
      { name: 'x/layer.tar', type: 'symlink', linkname: `../${long}` },
      { name: 'out/layer.tar', type: 'symlink', linkname: '../../../../../../etc/passwd' },
      { name: 'manifest.json', content: manifest(name) },
    ];
    for (const name of [long, 'x/layer.tar']) {
      await writeTar(members(name));
      const source = open();
      const image = await source.resolve();
      expect(image.diffIds).toEqual(diffIds);
      expect(await buffer(await source.openBlob(image.layers[0]!))).toEqual(layer);
    }
    for (const name of ['out/layer.tar', '../../../../../../etc/passwd', '/etc/passwd']) {
      await writeTar(members(name));
      await expect(open().resolve()).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('proves a layer against its diff id', async () => {
    await buildDockerArchive(file, spec);
    const bytes = await readFile(file);
    bytes[bytes.indexOf('AAAA') + 7] = 0x42;
    await writeFile(file, bytes);
    const source = open();
    const { layers } = await source.resolve();
    await expect(buffer(await source.openBlob(layers[0]!))).rejects.toMatchObject({ code: 'digest_mismatch' });
  });

  it('refuses what it cannot read, each with its reason', async () => {
    await buildDockerArchive(file, spec);
    await truncate(file, 4000);
    await expect(open().resolve()).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining('truncated'),
    });
    await writeFile(file, gzipSync(Buffer.alloc(2000)));
    await expect(open().resolve()).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('gunzip'),
    });
    await writeFile(file, 'x'.repeat(1024));
    await expect(open().resolve()).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining('not a tar archive'),
    });
    await writeTar([{ name: 'manifest.json', content: '[{"Config":1}]' }]);
    await expect(open().resolve()).rejects.toMatchObject({
      code: 'invalid_manifest',
    });
  });

  it('is not taken for another platform', async () => {
    await buildDockerArchive(file, spec);
    const platform = { os: 'linux', architecture: 'arm64' };
    await expect(open().resolve({ platform })).rejects.toMatchObject({
      code: 'no_platform',
    });
  });
});
