import { gzipSync } from 'node:zlib';
import { catalog } from '../../testing/catalog.js';
import { analyseBytes, buildTar, layer, unpacked } from '../../testing/layer-builder.js';
import { damagedCopies, testdata } from '../../testing/testdata.js';
import { goCpes } from '../go.js';
import { mayBeGo, readBuildInfo } from './build-info.js';

/** `go version -m` of every stand-in: what replaces a module indented below it, a local directory replaces none. */
const said = testdata('go/expected.txt')
  .toString()
  .split(/^(?=go1)/m)
  .map((text) => {
    const [first = '', ...lines] = text.split('\n');
    const [name = '', version] = first.split(': ');
    const modules: string[] = [];
    for (const line of lines) {
      const [, kind, ...fields] = line.split('\t');
      if (kind === 'dep') modules.push(fields.join(' ').trim());
      if (kind === '=>' && !fields[0]?.startsWith('.')) modules.splice(-1, 1, fields.join(' ').trim());
    }
    return { name, version, modules };
  });

describe('build information of Go programs', () => {
  it.each(said)('of $name is what go itself reads', ({ name, version, modules }) => {
    const bytes = testdata(`go/${name}.gz`);
    expect(mayBeGo(bytes.subarray(0, 65_536))).toBe(true);
    const info = readBuildInfo(bytes);
    expect(info?.goVersion).toBe(version);
    expect(info?.architecture).toBe(name.split('-')[2]);
    expect(info?.modules.map((one) => `${one.path} ${one.version} ${one.sum}`.trim())).toEqual(modules);
    expect(modules.length).toBeGreaterThan(0);
  });

  it('is not looked for in other programs', () => {
    const elf = Buffer.from(testdata('go/go1.19-linux-mips.gz').subarray(0, 4096));
    expect(mayBeGo(elf)).toBe(true);
    elf.write('GNU\0', 3000, 'latin1');
    elf.fill(0, elf.indexOf('Go\0\0'), elf.indexOf('Go\0\0') + 4);
    expect(mayBeGo(elf)).toBe(false);
    expect(mayBeGo(Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, ...Buffer.alloc(60)]))).toBe(false); // a Java class
    expect(mayBeGo(Buffer.from('MZ'.padEnd(512)))).toBe(false);
    expect(mayBeGo(Buffer.from('\x7fELF', 'latin1'))).toBe(false);
  });

  it('of damaged programs is left out or refused, at no great cost', () => {
    const bytes = testdata('go/go1.19-linux-amd64-no-build-id.gz');
    let told = 0;
    for (const copy of damagedCopies(bytes, 200)) {
      try {
        if (readBuildInfo(copy)) told += 1;
      } catch (error) {
        expect((error as Error).name).toBe('RangeError');
      }
    }
    expect(told).toBeLessThan(200);
  });
});

describe('the go cataloger', () => {
  it('reports the modules of programs wherever they lie, but not of those that an OS package owns', async () => {
    const program = testdata('go/go1.16-linux-amd64.gz');
    const { element, image } = await catalog([
      { name: 'opt/tool', content: program },
      { name: 'usr/bin/owned', content: program },
      { name: 'lib/apk/db/installed', content: 'P:a\nV:1-r0\nF:usr/bin\nR:owned\n' },
      { name: 'small', content: '\x7fELF' },
    ]);
    expect(image.warnings).toEqual([]);
    const key = '/opt/tool:golang.org/x/sys@v0.0.0-20200501145240-bc7a7d42d5c3';
    expect(element('pkgs.go')).toEqual({
      [key]: {
        name: 'golang.org/x/sys',
        version: 'v0.0.0-20200501145240-bc7a7d42d5c3',
        location: '/opt/tool',
        type: 'go',
        files: [],
        license: 'N/A',
        origin: 'N/A',
        cpes: ['cpe:2.3:a:golang:x\\/sys:v0.0.0-20200501145240-bc7a7d42d5c3:*:*:*:*:*:*:*'],
        metadata: {
          goCompiledVersion: 'go1.16',
          architecture: 'amd64',
          h1Digest: 'h1:5B6i6EAiSYyejWfvc5Rc9BbI3rzIsrrXfAQBWnYfn+w=',
        },
      },
    });
  });

  it('finds the same however the bytes arrive', async () => {
    const tar = await buildTar([
      { name: 'a', content: testdata('go/go1.19-linux-amd64-no-build-id.gz') },
      { name: 'usr/bin/python3.99', content: testdata('go/go1.19-linux-mips.gz') },
    ]);
    const whole = await analyseBytes(gzipSync(tar));
    expect(whole.facts.filter((fact) => fact.cataloger === 'go')).toHaveLength(2);
    expect(unpacked(await analyseBytes(tar, {}, 1001))).toEqual(unpacked(whole));
    expect(unpacked(await analyseBytes(tar, {}, 2_000_000))).toEqual(unpacked(whole));
  });

  it('says when a program is too large to be looked into', async () => {
    const entries = [{ name: 'tool', content: testdata('go/go1.19-linux-mips.gz') }];
    const inventory = await layer(entries, { limits: { executableBytes: 1000 } });
    expect(inventory.facts).toEqual([]);
    expect(inventory.warnings).toEqual([expect.stringContaining('/tool has')]);
  });

  it.each([
    ['github.com/evanw/esbuild', ['cpe:2.3:a:evanw:esbuild:v1:*:*:*:*:*:*:*']],
    ['google.golang.org/grpc', ['cpe:2.3:a:google:grpc:v1:*:*:*:*:*:*:*']],
    ['gopkg.in/yaml.v3', []],
    ['example', []],
  ])('names %s', (module, names) => {
    expect(goCpes(module, 'v1')).toEqual(names);
  });
});
