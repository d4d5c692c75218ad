import { catalog } from '../testing/catalog.js';
import type { TestEntry } from '../testing/layer-builder.js';
import { testdata } from '../testing/testdata.js';

const sqlite = testdata('rpm/rpmdb.sqlite.gz');
const LIB = 'usr/lib/server-2.4.1';

/** Some of the files that the packages of the database own; server-2.5.0 and most libraries have none of theirs. */
const files: TestEntry[] = [
  { name: `${LIB}/plain`, content: 'plain\n' },
  { name: `${LIB}/suid`, content: 'suid\n', mode: 0o4755 },
  { name: 'etc/server/server.conf', content: 'port=80\n' },
  { name: 'var/log/server.log', content: 'x' },
];

describe('the rpm cataloger', () => {
  it.each([
    ['usr/lib/sysimage/rpm/rpmdb.sqlite', 'rpm/rpmdb.sqlite.gz'],
    ['usr/lib/sysimage/rpm/Packages.db', 'rpm/Packages.db.gz'],
    ['var/lib/rpm/Packages', 'rpm/Packages.gz'],
  ])('finds packages and files by %s', async (name, source) => {
    const { element, report, image, status } = await catalog([{ name, content: testdata(source) }, ...files]);
    expect(status['packages_rpm']?.status).toBe('ok');
    expect(image.warnings).toEqual([]);
    const packages = element('pkgs.allinfo');
    expect(Object.keys(packages)).toHaveLength(44);
    expect(packages['server']).toMatchObject({
      type: 'rpm',
      version: '1:2.4.1',
      release: '7.module_el9+15',
      arch: 'noarch',
      sourcepkg: 'server-2.4.1-7.module_el9+15.src.rpm',
      origin: 'Example Org, Inc.',
      size: '48',
      license: 'ASL 2.0 and MIT',
    });
    expect(packages['server']?.['cpes']).toContain(
      'cpe:2.3:a:exampleorg:server:1\\:2.4.1-7.module_el9\\+15:*:*:*:*:*:*:*',
    );
    expect(packages['server-1:2.5.0-7.module_el9+15.noarch']).toMatchObject({ name: 'server', version: '1:2.5.0' });
    expect(packages['gpg-pubkey']).toMatchObject({ arch: 'x86_64', origin: '(none)', sourcepkg: 'N/A', size: '0' });
    expect(packages['lib7']).toMatchObject({ version: '0.7', license: 'LGPLv2+' });
    expect(element('pkgs.all')['server']).toBe('1:2.4.1-7.module_el9+15');
    expect(element('pkgs_plus_source.all')).toEqual({});
    const owned = ['/etc/server', `/${LIB}`, ...files.map((file) => `/${file.name}`)];
    expect([...report.packageFiles].sort()).toEqual(owned.sort().map((path) => [path, 'RPMFILE']));
  });

  it('states of each file what rpm --verify would compare', async () => {
    const { report } = await catalog([{ name: 'var/lib/rpm/rpmdb.sqlite', content: sqlite }, ...files]);
    const record = (path: string) => new Map(report.fileRecords()).get(path)?.find((one) => one.package === 'server');
    const root = { user: 'root', group: 'root', package: 'server', digestalgo: 'sha256' };
    expect(record(`/${LIB}/suid`)).toEqual({
      ...root,
      group: 'daemon',
      conffile: false,
      digest: '3efa6038b87ba6c3a43c670192609994a4c8a7403efb26cea1a8cfb929df987b',
      mode: '104755',
      size: '5',
    });
    expect(record(`/${LIB}`)).toEqual({ ...root, conffile: false, digest: null, mode: '40755', size: '0' });
    expect(record('/etc/server/server.conf')).toMatchObject({ conffile: true, size: '8' });
    expect(record(`/${LIB}/with space`)).toEqual({ ...root, conffile: false, digest: null, mode: null, size: null });
    expect(record('/var/log/server.log')).toMatchObject({ digest: null, size: null, mode: '100644' });
    // Neither a documentation file that was not installed nor an absent file that may be absent is missing.
    expect(record('/usr/share/doc/server/README')).toBeUndefined();
    expect(record('/etc/server/optional')).toBeUndefined();
    expect(record(`/${LIB}/plain`)?.digest).toHaveLength(64);
    expect(new Map(report.fileRecords()).get('/usr/lib/lib1/file1')?.[0]).toMatchObject({
      digestalgo: 'md5',
      package: 'lib1',
    });
  });

  it('reads the newest format of a system that has several, and systems below the root apart', async () => {
    const { element, report } = await catalog([
      { name: 'var/lib/rpm/Packages', content: Buffer.from('left over') },
      { name: 'var/lib/rpm/rpmdb.sqlite', content: sqlite },
      { name: 'srv/root/var/lib/rpm/Packages', content: testdata('rpm/Packages.gz') },
      { name: 'srv/root/usr/lib/lib1/file1', content: '1 1\n' },
    ]);
    expect(Object.keys(element('pkgs.allinfo'))).toHaveLength(88);
    expect([...report.packageFiles.keys()]).toEqual(['/srv/root/usr/lib/lib1', '/srv/root/usr/lib/lib1/file1']);
  });

  it('says when rpm was interrupted before its database was complete', async () => {
    const { report } = await catalog([
      { name: 'var/lib/rpm/rpmdb.sqlite', content: sqlite },
      { name: 'var/lib/rpm/rpmdb.sqlite-wal', content: 'x' },
    ]);
    expect(report.warnings).toEqual([expect.stringContaining('/var/lib/rpm/rpmdb.sqlite-wal has 1 bytes')]);
  });

  it('reads the list of an image without package manager', async () => {
    const line = [
      'openssl',
      '1.1.1k-15.cm2',
      '1',
      '2',
      'Microsoft Corporation',
      '(none)',
      '5',
      'aarch64',
      '0',
      'o.src.rpm',
    ];
    const content = `${line.join('\t')}\nbroken\tline\n`;
    const { element } = await catalog([{ name: 'var/lib/rpmmanifest/container-manifest-2', content }]);
    expect(element('pkgs.allinfo')).toEqual({
      openssl: expect.objectContaining({
        version: '1.1.1k',
        release: '15.cm2',
        arch: 'aarch64',
        sourcepkg: 'o.src.rpm',
      }),
    });
  });

  it('takes what is sound of a damaged database and says what is not', async () => {
    const cut = sqlite.subarray(0, sqlite.length / 2);
    const { element, image, status } = await catalog([{ name: 'var/lib/rpm/rpmdb.sqlite', content: cut }]);
    const found = Object.keys(element('pkgs.allinfo')).length;
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(44);
    expect(image.warnings).toEqual([expect.stringContaining('/var/lib/rpm/rpmdb.sqlite: rpm could not read it')]);
    expect(status['packages_rpm']?.status).toBe('ok');
  });
});
