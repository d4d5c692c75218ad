import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { AnalysisError, analyzeLayer, DEFAULT_LIMITS, squash } from '../index.js';
import { catalog } from '../testing/catalog.js';
import { analyseBytes, buildTar } from '../testing/layer-builder.js';
import { damagedCopies, testdata } from '../testing/testdata.js';

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => (error instanceof AnalysisError ? error.code : `${String(error)}`),
  );

/** One tar header block, as given; the checksum is right. */
function header(fields: {
  name?: string;
  size?: string | Buffer;
  flag?: string;
  link?: string;
  magic?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  block.write(fields.name ?? 'file', 0, 'latin1');
  for (const [at, octal] of [
    [100, '0000644'],
    [108, '0000000'],
    [116, '0000000'],
  ] as const)
    block.write(octal, at, 'latin1');
  const size = fields.size ?? '00000000000\0';
  if (typeof size === 'string') block.write(size, 124, 'latin1');
  else size.copy(block, 124);
  block.write('00000000000\0', 136, 'latin1');
  block.write(fields.flag ?? '0', 156, 'latin1');
  block.write(fields.link ?? '', 157, 'latin1');
  block.write(fields.magic ?? 'ustar\x00' + '00', 257, 'latin1');
  return withChecksum(block);
}

function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const END = Buffer.alloc(1024);

describe('archives of GNU tar', () => {
  /** Path -> digest by sha256sum; names that are no UTF-8 come with their bytes. */
  const digests = new Map(
    testdata('tar/files.sha256.gz')
      .toString('latin1')
      .trim()
      .split('\n')
      .map((line) => [`/${line.slice(68)}`.replace('\xe9', '\\xe9'), line.slice(0, 64)]),
  );

  it.each(['gnu', 'gnu-sparse', 'pax-sparse-0.0', 'pax-sparse-0.1', 'pax-sparse-1.0'])(
    '%s: long names, links, devices and holes are what they were',
    async (format) => {
      const packed = testdata(`tar/${format}.tar.gz`);
      for (const step of [65_536, 700]) {
        const inventory = await analyseBytes(packed, {}, step);
        expect(inventory.warnings).toEqual([]);
        const files = [...squash([inventory]).entries];
        const found = files.filter((entry) => entry.type === 'file').map((entry) => [entry.path, entry.sha256]);
        expect(new Map(found as [string, string][])).toEqual(digests);
        const others = files.filter((entry) => !['file', 'dir'].includes(entry.type));
        expect(others.map((entry) => [entry.path, entry.type])).toEqual([
          ['/device', 'char'],
          ['/fifo', 'fifo'],
          ['/long-link', 'slink'],
        ]);
        expect(others[2]?.linkTarget?.length).toBeGreaterThan(400);
        expect(files.find((entry) => entry.path === '/sparse')?.size).toBe(3 * 1024 * 1024);
      }
    },
  );

  it('are refused or read, never misread, when bits are wrong', async () => {
    const tar = testdata('tar/gnu-sparse.tar.gz');
    const codes = new Set<string>();
    for (const copy of damagedCopies(tar, 40)) codes.add(await code(analyseBytes(copy)));
    codes.delete('nothing was thrown');
    expect([...codes].filter((one) => !['corrupt_tar', 'unknown_compression'].includes(one))).toEqual([]);
    expect(codes.size).toBeGreaterThan(0);
  });

  it('whose maps of holes do not fit are refused', async () => {
    const packed = Buffer.from(testdata('tar/gnu-sparse.tar.gz'));
    const at = packed.indexOf('./sparse') + 386 + 24;
    packed.write('00000000001\0', at, 'latin1'); // the second part begins inside of the first
    withChecksum(packed.subarray(packed.indexOf('./sparse'), packed.indexOf('./sparse') + 512));
    await expect(analyseBytes(packed)).rejects.toMatchObject({
      code: 'corrupt_tar',
      message: expect.stringContaining('do not fit'),
    });
  });

  it('with holes larger than any file are listed without digests', async () => {
    const block = header({ name: 'huge', flag: 'S', magic: 'ustar  \0' });
    block.write(`${'0'.repeat(11)}\0${'0'.repeat(11)}\0`, 386, 'latin1');
    block.write('77777777777\0', 483, 'latin1'); // 8 GiB of nothing
    const inventory = await analyseBytes(Buffer.concat([withChecksum(block), END]));
    expect([...inventory.entries]).toEqual([expect.objectContaining({ path: '/huge', size: 8 ** 11 - 1 })]);
    expect(inventory.entries.at(0)?.sha256).toBeUndefined();
    expect(inventory.warnings).toEqual([expect.stringContaining('/huge has holes')]);
  });
});

describe('a layer made to harm', () => {
  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('that inflates without end is stopped by the ratio long before (%s)', async (_name, compress) => {
    const zeros = compress(Buffer.alloc(16 * 1024 * 1024));
    function* bomb() {
      yield compress(header({ size: '77777777777\0' }));
      for (let i = 0; i < 100_000; i += 1) yield zeros; // 1.5 TiB
    }
    let sent = 0;
    const source = Readable.from(
      (function* () {
        for (const piece of bomb()) {
          sent += 1;
          yield piece;
        }
      })(),
      { objectMode: false },
    );
    const options = { compression: 'auto' as const, rules: {}, limits: DEFAULT_LIMITS };
    expect(await code(analyzeLayer(source, options))).toBe('compression_ratio_limit');
    expect(sent).toBeLessThan(200);
    expect(source.destroyed).toBe(true);
  });

  it('of very many empty entries is stopped by their number', async () => {
    const entries = gzipSync(Buffer.concat(Array.from({ length: 1000 }, (_, index) => header({ name: `f${index}` }))));
    const packed = Buffer.concat(Array.from({ length: 1000 }, () => entries));
    expect(await code(analyseBytes(packed, { limits: { entries: 20_000 } }))).toBe('entries_limit');
  });

  it.each<[string, Buffer]>([
    ['a negative size', Buffer.concat([header({ size: Buffer.alloc(12, 0xff) }), END])],
    ['a size past all numbers', Buffer.concat([header({ size: Buffer.from([0x80, ...Buffer.alloc(11, 0xff)]) }), END])],
    ['a size that is none', Buffer.concat([header({ size: '0000008zzzz\0' }), END])],
    ['a size past the end', Buffer.concat([header({ size: '77777777777\0' }), END])],
    ['a name with a NUL byte', Buffer.concat([pax('path=a\0b'), header({}), END])],
    ['an extended header without end', Buffer.concat([header({ flag: 'x', size: '77777777777\0' }), END])],
    ['an extended header that lies of its length', Buffer.concat([pax('path=x', 999), header({}), END])],
    ['an extended size that is negative', Buffer.concat([pax('size=-1'), header({}), END])],
    ['an extended size that is no number', Buffer.concat([pax('size=many'), header({}), END])],
    [
      'a long name that follows nothing',
      Buffer.concat([header({ flag: 'L', size: '00000000000\0' }), header({ flag: 'L' })]),
    ],
  ])('by %s is refused', async (_what, bytes) => {
    const second = Buffer.concat([header({ name: 'sound' }), bytes]);
    expect(await code(analyseBytes(second))).toBe('corrupt_tar');
    expect(await code(analyseBytes(gzipSync(bytes), {}, 100))).toBe('corrupt_tar');
  });

  it('cut off anywhere is refused, whatever it is packed with', async () => {
    const tar = gunzipSync(gzipSync(await buildTar([{ name: 'a', content: 'x'.repeat(5000) }, { name: 'b' }])));
    for (const packed of [gzipSync(tar), zstdCompressSync(tar)]) {
      for (const left of [packed.length - 1, packed.length - 9, packed.length >> 1, 20, 5]) {
        expect(await code(analyseBytes(packed.subarray(0, left)))).toBe('corrupt_compression');
      }
    }
    for (const left of [512, 600, 3000]) expect(await code(analyseBytes(tar.subarray(0, left)))).toBe('corrupt_tar');
  });

  it('keeps links inside the root, in circles or not', async () => {
    const { image } = await catalog([
      { name: 'etc', type: 'symlink', linkname: '/../../../../etc' },
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: '/a' },
      { name: 'up', type: 'symlink', linkname: '../../../../data/x' },
      { name: 'data/x', content: 'inside' },
      { name: 'self/self', type: 'symlink', linkname: '.' },
      { name: 'hard', type: 'link', linkname: '../../../../data/x' },
      { name: 'etc/passwd', content: "not the host's" },
    ]);
    expect(image.resolve('/a')).toBeUndefined();
    expect(image.resolve('/etc/passwd')?.path).toBe('/etc/passwd');
    expect(image.resolve('/up')?.path).toBe('/data/x');
    expect(image.get('/hard')?.sha256).toBe(image.get('/data/x')?.sha256);
    expect(image.resolve(`/self${'/self'.repeat(100)}`)).toBeUndefined();
  });

  it('cannot make one fact that a stored inventory has no room for', async () => {
    const files = `R:${'x'.repeat(90)}\n`.repeat(190_000);
    const packages = `P:small\nV:1-r0\n\nP:large\nV:1-r0\n${files}`;
    const { image, element } = await catalog([{ name: 'lib/apk/db/installed', content: packages }]);
    expect(Object.keys(element('pkgs.all'))).toEqual(['small']);
    expect(image.warnings).toEqual([expect.stringContaining('characters of facts')]);
  });

  it('costs the packages of a damaged database, not the image', async () => {
    const garbage = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256));
    const { report, status, image } = await catalog([
      { name: 'var/lib/dpkg/status', content: garbage },
      { name: 'var/lib/dpkg/info/x.md5sums', content: garbage },
      { name: 'lib/apk/db/installed', content: garbage },
      { name: 'var/lib/rpm/Packages', content: garbage },
      {
        name: 'usr/lib/sysimage/rpm/rpmdb.sqlite',
        content: Buffer.concat([Buffer.from('SQLite format 3\0'), garbage]),
      },
      { name: 'x/specifications/a.gemspec', content: garbage },
      { name: 'a.dist-info/METADATA', content: garbage },
      { name: 'a.jar', content: garbage },
      { name: 'package.json', content: garbage },
      { name: 'go', content: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), garbage]) },
      { name: 'a.deps.json', content: garbage },
    ]);
    expect(report.elementNames()).toEqual([]);
    expect(Object.values(status).filter((one) => one.status === 'failed')).toEqual([]);
    expect(image.warnings.length).toBeGreaterThanOrEqual(5);
  });
});

/** An extended header with one record; `length` is stated in place of the right one. */
function pax(record: string, length?: number): Buffer {
  const size = record.length + 2 + String(record.length + 4).length;
  const data = Buffer.alloc(512);
  data.write(`${length ?? size} ${record}\n`, 0, 'latin1');
  return Buffer.concat([header({ flag: 'x', size: `${size.toString(8).padStart(11, '0')}\0` }), data]);
}
