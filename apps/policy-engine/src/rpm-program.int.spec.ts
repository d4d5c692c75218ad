import type { PolicyEvaluation } from '@kedge/policy';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bundle, outputs, VERIFY } from './testing/bundles.js';
import { layerOfArchive, rootArchive, verdicts, verifiedBy } from './testing/disturbed-root.js';
import { analysisDocument } from './testing/documents.js';
import { TestEngine } from './testing/engine.js';
import { finished, RpmProgram } from './testing/rpm-program.js';

const databases = resolve(__dirname, '../../../libs/analysis/testdata/rpm');
const image = { account: 'acme', digest: `sha256:${'7'.repeat(64)}`, imageId: '7'.repeat(64) };

/** Known differences: ARCHITECTURE.md, "Policies in detail". */
const UNREPORTED = ['changed /etc/tool/changed.conf', 'changed /etc/tool/mode.conf', 'changed /usr/lib/wide/content'];

/** Keys have no architecture; Kedge states one, as Anchore Engine did. */
const QUERY = [
  '%{NAME}\t%{NEVRA}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}\t%{RELEASE}\t%|ARCH?{%{ARCH}}:{x86_64}|\t%{VENDOR}\t%{LICENSE}\t',
  '%{SOURCERPM}\t%{SIZE}\n',
].join('');

type Records = Record<
  string,
  Record<'version' | 'release' | 'arch' | 'origin' | 'license' | 'sourcepkg' | 'size', string>
>;

describe('Kedge beside the rpm program', () => {
  let rpm: RpmProgram;
  let folder: string;
  let engine: TestEngine;
  beforeAll(async () => {
    rpm = RpmProgram.find();
    folder = mkdtempSync(join(tmpdir(), 'kedge-rpm-'));
    engine = await TestEngine.start();
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `analysis_data` of an image whose one layer is what lies in a directory. */
  async function analysed(root: string): Promise<string> {
    const archive = `${root}.tar.gz`;
    finished('tar', ['--numeric-owner', '-C', root, '-czf', archive, '.']);
    return analysisDocument([await layerOfArchive(archive)], image);
  }

  /** `rpm -qa`, a line a package; of several packages of a name all but the first go under their full names. */
  function listed(database: string[]): string[] {
    const rows = rpm
      .run([...database, '-qa', '--qf', QUERY])
      .trimEnd()
      .split('\n');
    const seen = new Set<string>();
    const sorted = rows.map((row) => row.split('\t')).sort(([, a = ''], [, b = '']) => (a < b ? -1 : 1));
    return sorted
      .map(([name = '', full = '', ...facts]) => {
        const line = [seen.has(name) ? full : name, ...facts].join('\t');
        seen.add(name);
        return line;
      })
      .sort();
  }

  it.each([
    ['rpmdb.sqlite', 'sqlite', []],
    ['Packages', 'bdb_ro', []],
    ['rpmdb.sqlite', 'sqlite', ['lib7', 'lib40', 'server-2.4.1']],
  ])('finds the packages that rpm -qa lists: %s, %s, without %j', async (file, backend, erased) => {
    const root = mkdtempSync(join(folder, 'qa-'));
    const directory = join(root, 'var/lib/rpm');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, file), gunzipSync(readFileSync(join(databases, `${file}.gz`))));
    const database = ['--dbpath', directory, '--define', `_db_backend ${backend}`];
    if (erased.length > 0) rpm.run([...database, '--erase', '--nodeps', '--justdb', ...erased]);
    const expected = listed(database);
    expect(expected).toHaveLength(44 - erased.length);
    const [document] = JSON.parse(await analysed(root)) as [
      { image: { imagedata: { analysis_report: { package_list: Record<string, { base: Records }> } } } },
    ];
    const found = document.image.imagedata.analysis_report.package_list['pkgs.allinfo']?.base ?? {};
    const lines = Object.entries(found).map(([name, of]) => {
      const source = of.sourcepkg === 'N/A' ? '(none)' : of.sourcepkg;
      return [name, of.version, of.release, of.arch, of.origin, of.license, source, of.size].join('\t');
    });
    expect(lines.sort()).toEqual(expected);
  });

  it('finds with packages.verify what rpm -Va finds on a root that was changed a moment ago', async () => {
    const root = join(folder, 'verified');
    mkdirSync(root);
    finished('tar', ['-C', root, '-xpzf', rootArchive('rpm')]);
    const lib = join(root, 'usr/lib/tool');
    chmodSync(join(lib, 'kept'), 0o4711);
    chmodSync(join(lib, 'mode'), 0o644); // as it was installed
    writeFileSync(join(lib, 'gone'), 'gone\n'); // as well
    writeFileSync(join(lib, 'owner'), 'OWNER\n'); // the size of before
    writeFileSync(join(lib, 'closed/inside'), 'and more\n');
    rmSync(join(lib, 'time'));
    const expected = verdicts(rpm.run(['--root', root, '--dbpath', '/var/lib/rpm', '-Va'], [1]));
    expect(UNREPORTED.filter((one) => !expected.includes(one))).toEqual([]);
    const before = verifiedBy('rpm');
    expect(expected.filter((one) => !before.includes(one))).toEqual([
      'changed /usr/lib/tool/closed/inside',
      'changed /usr/lib/tool/kept',
      'changed /usr/lib/tool/owner',
      'missing /usr/lib/tool/time',
    ]);
    await engine.addImage(image, await analysed(root));
    expect(await engine.index(image)).toEqual({ status: 'analyzed', error: null });
    const { body } = await engine.check<PolicyEvaluation>(image, bundle(VERIFY));
    const found = outputs(body, image).map((output) =>
      output.replace(/^.* failed on entry '(.*)' with status: '(\w+)'$/, '$2 $1'),
    );
    expect(found.sort()).toEqual(expected.filter((one) => !UNREPORTED.includes(one)));
  });
});
