import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { zstdDecompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { openImageSource } from '../open-image.js';
import {
  blobPath,
  buildLayerTar,
  buildLayout,
  buildMultiArchLayout,
  temporaryDirectory,
  type ImageSpec,
} from '../testing/index.js';

const spec: ImageSpec = {
  layers: [
    [
      { name: 'etc/', type: 'directory' },
      { name: 'etc/os-release', content: 'ID=test\n' },
    ],
    [{ name: 'app' }],
  ],
};

let directory: { path: string; remove(): Promise<void> };
beforeEach(async () => (directory = await temporaryDirectory()));
afterEach(() => directory.remove());

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}

/** Packs a layout directory, names with a leading `./` as `tar -C dir .` writes them. */
async function packLayout(from: string, file: string): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  for (const name of [
    'oci-layout',
    'index.json',
    ...(await readdir(join(from, 'blobs/sha256'))).map((b) => `blobs/sha256/${b}`),
  ]) {
    archive.entry({ name: `./${name}` }, await readFile(join(from, name)));
  }
  archive.finalize();
  await written;
}

describe('an OCI layout', () => {
  it('resolves and gives every layer as stored', async () => {
    const built = await buildLayout(directory.path, { ...spec, compression: 'zstd' }, { tag: '1.0' });
    const source = openImageSource(`oci:${directory.path}:1.0`);
    const image = await source.resolve();
    expect(image).toMatchObject({
      digest: built.digest,
      parentDigest: built.digest,
      imageId: built.configDigest.slice(7),
      platform: { os: 'linux', architecture: 'amd64' },
      layers: built.layers,
      diffIds: built.diffIds,
    });
    expect(image.parentManifest).toBeUndefined();
    for (const [index, layer] of image.layers.entries()) {
      const bytes = await buffer(await source.openBlob(layer));
      expect(zstdDecompressSync(bytes)).toEqual(await buildLayerTar(spec.layers[index] ?? []));
    }
    await source.close();
  });

  it('reads the same image out of an archive of the layout', async () => {
    const layout = join(directory.path, 'layout');
    await mkdir(layout);
    const built = await buildLayout(layout, spec);
    const file = join(directory.path, 'image:odd.tar');
    await packLayout(layout, file);
    const source = openImageSource(`oci-archive:${file}:latest`);
    const image = await source.resolve();
    expect(image.digest).toBe(built.digest);
    const [layer] = image.layers;
    expect(await buffer(await source.openBlob(layer!))).toEqual(await readFile(blobPath(layout, layer!.digest)));
    await source.close();
  });

  it('chooses a platform of an index, and keeps the index', async () => {
    const { digest, images } = await buildMultiArchLayout(directory.path, [
      { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, spec },
      { platform: { os: 'linux', architecture: 'amd64' }, spec },
    ]);
    const source = openImageSource(`oci:${directory.path}`);
    expect(await source.resolve()).toMatchObject({ digest: images[1]?.digest, parentDigest: digest });
    const arm = await source.resolve({ platform: { os: 'linux', architecture: 'arm64' } });
    expect(arm).toMatchObject({ digest: images[0]?.digest, platform: { architecture: 'arm64', variant: 'v8' } });
    expect(arm.parentManifest).toEqual(await readFile(blobPath(directory.path, digest)));
    await expect(source.resolve({ platform: { os: 'linux', architecture: 's390x' } })).rejects.toMatchObject({
      code: 'no_platform',
      message: expect.stringContaining('it offers linux/arm64/v8, linux/amd64'),
    });
  });

  it('says that a flipped byte is damage, at the end of the stream', async () => {
    const built = await buildLayout(directory.path, spec);
    await flipByte(blobPath(directory.path, built.layers[0]!.digest));
    const source = openImageSource(`oci:${directory.path}`);
    const { layers } = await source.resolve();
    await expect(buffer(await source.openBlob(layers[0]!))).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect((await buffer(await source.openBlob(layers[1]!))).length).toBe(layers[1]!.size);
  });

  it('says that a cut or grown blob has the wrong size', async () => {
    const built = await buildLayout(directory.path, spec);
    const [first, second] = built.layers.map(({ digest }) => blobPath(directory.path, digest));
    await truncate(first!, 10);
    await writeFile(second!, 'more', { flag: 'a' });
    const source = openImageSource(`oci:${directory.path}`);
    const { layers } = await source.resolve();
    await expect(buffer(await source.openBlob(layers[0]!))).rejects.toMatchObject({
      code: 'size_mismatch',
      message: expect.stringContaining(`10 of ${layers[0]!.size} bytes`),
    });
    await expect(buffer(await source.openBlob(layers[1]!))).rejects.toMatchObject({ code: 'size_mismatch' });
  });

  it('says that a damaged config or manifest is damage', async () => {
    const built = await buildLayout(directory.path, spec);
    await flipByte(blobPath(directory.path, built.configDigest));
    await expect(openImageSource(`oci:${directory.path}`).resolve()).rejects.toMatchObject({ code: 'digest_mismatch' });
    await flipByte(blobPath(directory.path, built.digest));
    await expect(openImageSource(`oci:${directory.path}`).resolve()).rejects.toMatchObject({ code: 'digest_mismatch' });
  });

  it('refuses a manifest over 4 MiB without reading it', async () => {
    await buildLayout(directory.path, spec);
    const digest = `sha256:${'0'.repeat(64)}`;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: 4 * 1024 * 1024 + 1 }] };
    await writeFile(join(directory.path, 'index.json'), JSON.stringify(index));
    await expect(openImageSource(`oci:${directory.path}`).resolve()).rejects.toMatchObject({ code: 'too_large' });
  });

  it('refuses a config whose layers are not those of the manifest', async () => {
    await buildLayout(directory.path, { ...spec, config: { rootfs: { type: 'layers', diff_ids: [] } } });
    await expect(openImageSource(`oci:${directory.path}`).resolve()).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining('2 layers in its manifest and 0 in its config'),
    });
  });

  it('names what there is when the tag is unknown', async () => {
    await buildLayout(directory.path, spec, { tag: 'only' });
    await expect(openImageSource(`oci:${directory.path}:other`).resolve()).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('it holds only'),
    });
  });

  it('refuses a directory that is no layout, and a path that is not there', async () => {
    await expect(openImageSource(`oci:${directory.path}`).resolve()).rejects.toMatchObject({ code: 'not_found' });
    expect(() => openImageSource('oci:/nowhere/at/all:1')).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(() => openImageSource('oci:')).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
  });
});
