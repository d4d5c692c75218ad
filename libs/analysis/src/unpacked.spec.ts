import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { analyzeLayer, DEFAULT_LIMITS } from './index.js';
import { squash } from './squash.js';
import { analyseBytes, buildTar, type TestEntry } from './testing/layer-builder.js';
import { writeOciLayout } from './testing/oci-layout.js';
import { randomLayers } from './testing/random-image.js';
import { isRoot, mergedTree, unpackedTree } from './testing/unpacked-tree.js';

const samples = resolve(__dirname, '../../../samples');
const hardLink = (name: string, linkname: string): TestEntry => ({ name, linkname, type: 'link' });
const symlink = (name: string, linkname: string): TestEntry => ({ name, linkname, type: 'symlink', mode: 0o777 });
const owner = isRoot ? { uid: 1000, gid: 33 } : {};

const base: TestEntry[] = [
  { name: 'etc/', mode: 0o751 },
  { name: 'etc/passwd', content: 'root', mode: 0o600, ...owner },
  { name: 'bin/' },
  { name: 'bin/su', content: 'su', mode: 0o4755 },
  { name: 'data/' },
  { name: 'data/old', content: 'old' },
  { name: 'data/sub/deep', content: 'deep' },
  { name: 'run/' },
  { name: 'run/lock', type: 'fifo', mode: 0o640 },
  symlink('usr', 'bin'),
];

/** Layers above {@link base} and what is peculiar about them. */
const IMAGES: Record<string, TestEntry[][]> = {
  'a shared base alone': [],
  'a second image on the shared base': [[{ name: 'opt/app/main', content: 'app', mode: 0o755, ...owner }]],
  whiteouts: [[{ name: 'etc/.wh.passwd' }, { name: '.wh.data' }], [{ name: 'data/new', content: 'new' }]],
  'an opaque mark before its directory': [[{ name: 'data/.wh..wh..opq' }, { name: 'data/new', content: 'new' }]],
  'an opaque mark after its directory': [
    [{ name: 'data/' }, { name: 'data/new', content: 'new' }, { name: 'data/sub/' }, { name: 'data/.wh..wh..opq' }],
  ],
  'hard links across layers': [
    [hardLink('bin/su2', 'bin/su'), hardLink('etc/alias', 'etc/passwd')],
    [{ name: 'bin/su', content: 'another', mode: 0o755 }, { name: 'etc/.wh.passwd' }],
    [hardLink('bin/su3', 'bin/su2'), hardLink('bin/su4', '/bin/su')],
  ],
  'directories and others in place of each other': [
    [symlink('data', '/run'), { name: 'etc', content: 'a file' }],
    [{ name: 'data/', mode: 0o700 }, { name: 'etc/' }, { name: 'etc/x', content: 'x' }, { name: 'usr/' }],
  ],
  'directories that no layer states': [[{ name: 'a/b/c/d', content: 'd' }], [{ name: 'a/b/', mode: 0o700, ...owner }]],
  'paths through links': [
    [{ name: 'usr/tool', content: 'tool' }, symlink('lost', '/not/yet'), { name: 'lost/found', content: '1' }],
    [{ name: 'usr/.wh.su' }],
  ],
  'links in circles and out of the root': [
    [symlink('x', 'y'), symlink('y', 'x'), symlink('self', 'self'), symlink('up', '../../../etc/passwd')],
    [{ name: 'x', content: 'no link any more' }],
  ],
  'names of all kinds': [
    ['sp ace', 'quote\'"', 'back\\slash', 'ünïcode-日本', '-dash', '*star', '$(dollar)', '%25', 'x'.repeat(255)].map(
      (name) => ({ name: `names/${name}`, content: name }),
    ),
    [{ name: Array.from({ length: 12 }, (_, n) => `${n}${'y'.repeat(40)}`).join('/'), content: 'deep' }],
  ],
};

/** What umoci leaves on disk must be what the merge says, path by path. */
describe('the merged tree of an image', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kedge-unpacked-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let number = 0;
  async function both(layers: TestEntry[][]): Promise<{ merged: string[]; unpacked: string[] }> {
    const layout = join(folder, String((number += 1)));
    const tars = await Promise.all(layers.map((entries) => buildTar(entries)));
    writeOciLayout(layout, tars);
    const image = squash(await Promise.all(tars.map((tar) => analyseBytes(tar))));
    return { merged: mergedTree(image), unpacked: unpackedTree(layout, `${layout}.bundle`) };
  }

  it.each(Object.entries(IMAGES))('equals the unpacked one: %s', async (_name, layers) => {
    const { merged, unpacked } = await both([base, ...layers]);
    expect(unpacked.length).toBeGreaterThan(5);
    expect(merged).toEqual(unpacked);
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed))('equals the unpacked one: random image %i', async (seed) => {
    const { merged, unpacked } = await both(randomLayers(seed));
    expect(merged).toEqual(unpacked);
  });

  it('equals the unpacked one: the sample image', async () => {
    const { layers } = JSON.parse(readFileSync(join(samples, 'expected.json'), 'utf8')) as {
      layers: { digest: string; diffId: string }[];
    };
    const blobs = layers.map(({ digest }) => join(samples, 'image/blobs/sha256', digest.replace('sha256:', '')));
    writeOciLayout(
      join(folder, 'sample'),
      blobs.map((blob) => gunzipSync(readFileSync(blob))),
    );
    const inventories = blobs.map((blob, index) =>
      analyzeLayer(createReadStream(blob), {
        compression: 'auto',
        expectedDiffId: layers[index]?.diffId,
        rules: {},
        limits: DEFAULT_LIMITS,
      }),
    );
    const merged = mergedTree(squash(await Promise.all(inventories)));
    const unpacked = unpackedTree(join(folder, 'sample'), join(folder, 'sample.bundle'));
    // Who is not root cannot unpack owners; they are compared with those that tar states in another test.
    const comparable = (lines: string[]) => (isRoot ? lines : lines.map((line) => line.replace(/\d+:\d+/, 'owner')));
    expect(comparable(merged)).toEqual(comparable(unpacked));
  });
});
