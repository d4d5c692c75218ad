import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { dockerHistory, guessDockerfile } from '../history.js';
import type { ImageSource } from '../image-source.js';
import { openImageSource } from '../open-image.js';
import {
  blobPath,
  buildLayout,
  pushLayout,
  pushSchema1,
  startRegistry,
  temporaryDirectory,
  type RegistryServer,
} from '../testing/index.js';

// The manifests are written and signed by a real registry.

let registry: RegistryServer;
let directory: { path: string; remove(): Promise<void> };
const sources: ImageSource[] = [];

beforeAll(async () => {
  registry = await startRegistry();
  directory = await temporaryDirectory();
}, 200_000);
afterAll(async () => {
  await Promise.all(sources.map((source) => source.close()));
  await registry.stop();
  await directory.remove();
});

function open(reference: string): ImageSource {
  const source = openImageSource(`${registry.host}/${reference}`, { attempts: 1 });
  sources.push(source);
  return source;
}

it('reads an image of Docker schema 1 by tag and digest, with history, sizes and layers', async () => {
  const created = '2016-01-01T00:00:00Z';
  const built = await buildLayout(directory.path, {
    docker: true,
    layers: [[{ name: 'a', content: 'A'.repeat(100_000) }], [{ name: 'b', content: 'B' }]],
    config: {
      architecture: 'arm64',
      created,
      container_config: { Cmd: ['/bin/sh', '-c', 'make b'] },
      history: [
        { created, created_by: '/bin/sh -c #(nop) ADD file:1 in /' },
        { created, created_by: '/bin/sh -c #(nop)  CMD ["b"]', empty_layer: true },
        { created, created_by: 'make b' },
      ],
    },
  });
  await pushLayout(directory.path, registry.host, 'old/image:2');
  const { signed, digest } = await pushSchema1(registry.url, 'old/image', { from: '2', to: '1' });
  const layers = built.layers.map(({ digest, size }) => ({
    mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    digest,
    size,
  }));
  for (const reference of ['old/image:1', `old/image@${digest}`]) {
    const source = open(reference);
    const image = await source.resolve();
    expect(image).toMatchObject({
      digest,
      parentDigest: digest,
      imageId: digest.slice(7),
      mediaType: 'application/vnd.docker.distribution.manifest.v1+json',
      platform: { os: 'linux', architecture: 'arm64' },
      layers,
      diffIds: [undefined, undefined],
    });
    expect(`sha256:${createHash('sha256').update(image.manifest).digest('hex')}`).toBe(digest);
    expect(signed.includes(image.manifest.subarray(0, -10))).toBe(true);
    for (const layer of image.layers) {
      expect(await buffer(await source.openBlob(layer))).toEqual(
        await readFile(blobPath(directory.path, layer.digest)),
      );
    }
    const history = dockerHistory(image);
    expect(history.map(({ Id, Size, Created }) => [Id, Size, Created])).toEqual([
      [layers[0]?.digest, layers[0]?.size, created],
      ['<missing>', 0, created],
      [layers[1]?.digest, layers[1]?.size, created],
    ]);
    expect(guessDockerfile(history)).toBe('FROM scratch\nADD file:1 in /\nCMD ["b"]\nRUN /bin/sh -c make b');
  }
});
