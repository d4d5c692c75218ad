import { catalog } from '../testing/catalog.js';
import { buildZip } from '../testing/zip-builder.js';

describe('the python cataloger', () => {
  it('reads dist-info with quoted record lines and egg-info as one file', async () => {
    const site = 'usr/lib/python3/site-packages';
    const { element, report } = await catalog([
      {
        name: `${site}/Demo_Lib-1.0.dist-info/METADATA`,
        content:
          'Metadata-Version: 2.1\nName: demo-lib\nVersion: 1.0\nAuthor: A\nAuthor-email: a@b\nLicense: MIT\n\nName: no\n',
      },
      { name: `${site}/Demo_Lib-1.0.dist-info/RECORD`, content: 'demo/x.py,sha256=a,1\n"demo/a,b.py",,\nbad\n' },
      { name: `${site}/Demo_Lib-1.0.dist-info/top_level.txt`, content: 'demo_core\n' },
      { name: `${site}/single-2.egg-info`, content: 'Name: single\nVersion: 2\n' },
      { name: `${site}/Python-3.egg-info`, content: 'Name: Python\nVersion: 3\n' },
    ]);
    expect(element('pkgs.python')).toEqual({
      [`/${site}/demo_core`]: expect.objectContaining({
        name: 'demo-lib',
        version: '1.0',
        origin: 'A <a@b>',
        license: 'MIT',
        location: `/${site}`,
        files: [`/${site}/demo/x.py`, `/${site}/demo/a,b.py`],
      }),
      [`/${site}/single`]: expect.objectContaining({ name: 'single', version: '2', files: [] }),
    });
    expect(report.warnings).toEqual([expect.stringContaining('1 fields instead of 3')]);
  });

  it('reads eggs, as a directory and as a zip archive, and what older installers left', async () => {
    const info = (name: string) =>
      `Metadata-Version: 1.0\nName: ${name}\nVersion: 1.5\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n`;
    const zipped = buildZip({
      'EGG-INFO/PKG-INFO': info('zipped'),
      'EGG-INFO/top_level.txt': 'zipped_top\n',
      'zipped/__init__.py': '',
    });
    const { element, image } = await catalog([
      { name: 'lib/zipped-1.5-py3.egg', content: zipped },
      { name: 'lib/broken.egg', content: zipped.subarray(0, 50) },
      { name: 'lib/folder-1.5.egg/EGG-INFO/PKG-INFO', content: info('folder') },
      {
        name: 'lib/old-1.5.egg-info/PKG-INFO',
        content: info('old').replace('License: UNKNOWN', 'License-Expression: BSD-3-Clause'),
      },
      { name: 'lib/old-1.5.egg-info/installed-files.txt', content: '../old/x.py\nPKG-INFO\n' },
    ]);
    const expected = (name: string, license: string) =>
      expect.objectContaining({ name, version: '1.5', location: '/lib', license });
    expect(element('pkgs.python')).toEqual({
      '/lib/folder': expected('folder', 'MIT License'),
      '/lib/old': expected('old', 'BSD-3-Clause'),
      '/lib/zipped_top': expected('zipped', 'MIT License'),
    });
    expect(element('pkgs.python')['/lib/zipped_top']?.['files']).toEqual([
      '/lib/zipped-1.5-py3.egg/zipped/__init__.py',
    ]);
    expect(element('pkgs.python')['/lib/old']?.['files']).toEqual([
      '/lib/old-1.5.egg-info/../old/x.py',
      '/lib/old-1.5.egg-info/PKG-INFO',
    ]);
    expect(image.warnings).toEqual([expect.stringContaining('/lib/broken.egg: python could not read it')]);
  });

  it('names two distributions of one top level apart, and authors as vendors', async () => {
    const metadata = (name: string) => ({
      name: `lib/${name}-1.dist-info/METADATA`,
      content: `Name: ${name}\nVersion: 1\nAuthor: The Authors\nAuthor-email: Jane <jane.doe@example.org>\n`,
    });
    const top = (name: string) => ({ name: `lib/${name}-1.dist-info/top_level.txt`, content: 'google\n' });
    const { element } = await catalog([metadata('a'), metadata('b'), top('a'), top('b')]);
    expect(Object.keys(element('pkgs.python'))).toEqual(['/lib/google', '/lib/b-1.dist-info']);
    const cpes = element('pkgs.python')['/lib/google']?.['cpes'] as string[];
    const vendors = [...new Set(cpes.map((cpe) => cpe.split(':')[3]))].sort();
    expect(vendors).toEqual(['a', 'authors', 'jane-doe', 'jane_doe', 'python', 'python-a', 'python_a']);
  });
});
