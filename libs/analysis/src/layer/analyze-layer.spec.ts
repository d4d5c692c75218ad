import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { AnalysisError, analyzeLayer, DEFAULT_LIMITS, readInventory, writeInventory } from '../index.js';
import { analyseBytes, buildTar, layer, unpacked } from '../testing/layer-builder.js';

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => (error instanceof AnalysisError ? error.code : `${String(error)}`),
  );
const digest = (algorithm: string, data: string | Buffer) => createHash(algorithm).update(data).digest('hex');

describe('analyzeLayer', () => {
  const large = Buffer.alloc(1_500_000, 'kedge ');
  let tar: Buffer;
  beforeAll(async () => {
    tar = await buildTar([
      { name: './bin/tool', content: 'tool', mode: 0o4755, uid: 7, gid: 8, mtime: new Date(1000) },
      { name: 'empty' },
      { name: 'large', content: large },
      { name: `long/${'n'.repeat(150)}/${'m'.repeat(120)}`, content: 'long' },
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
    ]);
  });

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    [
      'gzip in two members',
      (bytes: Buffer) => Buffer.concat([gzipSync(bytes.subarray(0, 9999)), gzipSync(bytes.subarray(9999))]),
    ],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
    [
      'zstd in two frames',
      (bytes: Buffer) =>
        Buffer.concat([zstdCompressSync(bytes.subarray(0, 9999)), zstdCompressSync(bytes.subarray(9999))]),
    ],
  ])('reads %s, whole or byte by byte, to one and the same inventory', async (_name, compress) => {
    const diffId = `sha256:${digest('sha256', tar)}`;
    const inventory = await analyseBytes(compress(tar), { expectedDiffId: diffId });
    expect([...inventory.entries].map(({ path, type, size }) => [path, type, size])).toEqual([
      ['/bin/tool', 'file', 4],
      ['/empty', 'file', 0],
      ['/large', 'file', large.length],
      [`/long/${'n'.repeat(150)}/${'m'.repeat(120)}`, 'file', 4],
      ['/null', 'char', 0],
    ]);
    expect(inventory.entries.at(0)).toMatchObject({ mode: 0o4755, uid: 7, gid: 8, mtime: 1 });
    for (const [index, content] of ['tool', '', large, 'long'].entries()) {
      expect(inventory.entries.at(index)).toMatchObject({
        sha1: digest('sha1', content),
        sha256: digest('sha256', content),
        md5: digest('md5', content),
      });
    }
    expect(unpacked(await analyseBytes(compress(tar), {}, 333))).toEqual(unpacked(inventory));
    expect(inventory).toMatchObject({ diffId, inflatedBytes: tar.length, warnings: [] });
  });

  it('names the layer and the way out when the digest is another', async () => {
    const wrong = `sha256:${'0'.repeat(64)}`;
    const failed = analyseBytes(gzipSync(tar), { expectedDiffId: wrong });
    await expect(failed).rejects.toThrow(AnalysisError);
    await expect(failed).rejects.toMatchObject({
      code: 'diff_id_mismatch',
      message: expect.stringContaining(`layer ${wrong}`),
    });
  });

  it('refuses damaged bytes, each kind by its name', async () => {
    const zipped = gzipSync(tar);
    expect(await code(analyseBytes(zipped.subarray(0, zipped.length - 100)))).toBe('corrupt_compression');
    const flipped = Buffer.from(zipped);
    flipped.fill(0xff, 300, 340);
    expect(['corrupt_compression', 'corrupt_tar']).toContain(await code(analyseBytes(flipped)));
    const zstd = zstdCompressSync(tar);
    expect(await code(analyseBytes(zstd.subarray(0, zstd.length - 20)))).toBe('corrupt_compression');
    expect(await code(analyseBytes(tar.subarray(0, 700_000)))).toBe('corrupt_tar');
    const header = Buffer.from(tar);
    header[513 + 512] = 1;
    header.write('9', 1024 + 100, 'latin1');
    expect(await code(analyseBytes(gzipSync(header)))).toBe('corrupt_tar');
    expect(await code(analyseBytes(Buffer.from('<html>not found</html>'.repeat(50))))).toBe('unknown_compression');
  });

  it('passes on the failure of the source, also when it comes after the last useful byte', async () => {
    async function* failing() {
      yield gzipSync(tar);
      throw new Error('digest_mismatch at the end');
    }
    const failed = analyzeLayer(Readable.from(failing(), { objectMode: false }), {
      compression: 'auto',
      rules: {},
      limits: DEFAULT_LIMITS,
    });
    await expect(failed).rejects.toMatchObject({
      code: 'read_failed',
      message: expect.stringContaining('digest_mismatch'),
    });
  });

  it('holds every limit', async () => {
    const zipped = gzipSync(tar);
    expect(await code(analyseBytes(zipped, { limits: { inflatedBytes: 1_000_000 } }))).toBe('inflated_bytes_limit');
    expect(await code(analyseBytes(zipped, { limits: { entries: 4 } }))).toBe('entries_limit');
    expect(await code(analyseBytes(zipped, { limits: { pathLength: 200 } }))).toBe('path_length_limit');
    const bomb = { compressionRatio: 20, ratioFloorBytes: 500_000 };
    expect(await code(analyseBytes(zipped, { limits: bomb }))).toBe('compression_ratio_limit');
    const status = await buildTar([{ name: 'var/lib/dpkg/status', content: 'x'.repeat(2000) }]);
    expect(await code(analyseBytes(status, { limits: { keptBytes: 1000 } }))).toBe('kept_bytes_limit');
    const facts = await buildTar([
      { name: 'package.json', content: JSON.stringify({ name: 'x'.repeat(2000), version: '1' }) },
    ]);
    expect(await code(analyseBytes(facts, { limits: { keptBytes: 1000 } }))).toBe('kept_bytes_limit');
    const hanging = new Readable({ read: () => undefined });
    const options = { compression: 'auto' as const, rules: {}, limits: { ...DEFAULT_LIMITS, wallTime: 50 } };
    expect(await code(analyzeLayer(hanging, options))).toBe('wall_time_limit');
    expect(hanging.destroyed).toBe(true);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const hanging = new Readable({ read: () => undefined });
    const options = { compression: 'auto' as const, rules: {}, limits: DEFAULT_LIMITS, signal: stop.signal };
    const running = code(analyzeLayer(hanging, options));
    stop.abort();
    expect(await running).toBe('aborted');
    expect(await code(analyzeLayer(new Readable({ read: () => undefined }), options))).toBe('aborted');
  });

  it('keeps names inside the root and says which tried to leave it', async () => {
    const inventory = await layer([
      { name: '../../etc/passwd', content: 'x' },
      { name: '/abs//./x', content: 'x' },
      { name: 'a/../b', content: 'x' },
      { name: 'etc/conf./y', content: 'x' },
      { name: 'out', type: 'symlink', linkname: '../../../host' },
    ]);
    expect([...inventory.entries].map((entry) => entry.path)).toEqual([
      '/etc/passwd',
      '/abs/x',
      '/b',
      '/etc/conf./y',
      '/out',
    ]);
    expect(inventory.entries.at(4)?.linkTarget).toBe('../../../host');
    expect(inventory.warnings).toEqual([expect.stringContaining('../../etc/passwd')]);
  });

  it('shows bytes that are not UTF-8 without loss', async () => {
    const bytes = await buildTar([
      { name: 'caf#', content: 'x' },
      { name: 'café\\x', content: 'x' },
    ]);
    const at = bytes.indexOf('caf#') + 3;
    bytes[at] = 0xe9;
    const sum = parseInt(bytes.toString('latin1', 148, 154), 8) + 0xe9 - 0x23;
    bytes.write(sum.toString(8).padStart(6, '0'), 148, 'latin1');
    const inventory = await analyseBytes(bytes);
    expect([...inventory.entries].map((entry) => entry.path)).toEqual(['/caf\\xe9', '/café\\x']);
  });

  it('tells whiteouts from entries', async () => {
    const inventory = await layer([
      { name: 'a/.wh.b' },
      { name: 'c/.wh..wh..opq' },
      { name: '.wh..wh.plnk/1.2' },
      { name: 'd/.wh...' },
    ]);
    expect(inventory).toMatchObject({ whiteouts: ['/a/b'], opaqueDirs: ['/c'] });
    expect(inventory.warnings).toEqual([expect.stringContaining('/d/.wh...')]);
  });
});

describe('stored inventories', () => {
  it('come back as they were, and only whole', async () => {
    const inventory = await layer([{ name: 'etc/os-release', content: 'ID=x' }, { name: '.wh.a' }, { name: '../b' }]);
    const chunks: Buffer[] = [];
    for await (const chunk of writeInventory(inventory)) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const read = (data: Buffer, options = {}) => readInventory(Readable.from([data], { objectMode: false }), options);
    expect(unpacked(await read(bytes))).toEqual(unpacked(inventory));
    const lines = bytes.toString().split('\n');
    expect(await code(read(bytes.subarray(0, bytes.length - 5)))).toBe('corrupt_inventory');
    expect(await code(read(Buffer.from(lines.toSpliced(1, 1).join('\n'))))).toBe('corrupt_inventory');
    expect(await code(read(Buffer.from(lines.slice(0, -2).join('\n') + '\n')))).toBe('corrupt_inventory');
    expect(await code(read(Buffer.from('{}\n')))).toBe('corrupt_inventory');
    expect(await code(read(Buffer.from(bytes.toString().replace('"type":"file"', '"type":"door"'))))).toBe(
      'corrupt_inventory',
    );
    expect(await code(read(bytes, { version: 'another' }))).toBe('wrong_version');
    expect(await code(read(bytes, { maxEntries: 1 }))).toBe('corrupt_inventory');
  });
});
