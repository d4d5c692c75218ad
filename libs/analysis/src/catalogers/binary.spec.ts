import { catalog } from '../testing/catalog.js';
import { testdata } from '../testing/testdata.js';
import { runtimeFacts } from './binary.js';

describe('the binary cataloger', () => {
  it('finds runtimes that no package owns, each version once', async () => {
    const { element } = await catalog([
      { name: 'opt/py/bin/python3.11', content: 'x 3.1.1 13.11.9 3.11.2 y' },
      { name: 'opt/py/lib/libpython3.11.so.1.0', content: '3.11.2' },
      { name: 'opt/py/include/patchlevel.h', content: '#define PY_VERSION      "3.12.0b1+"\n' },
      { name: 'opt/go/VERSION', content: 'go1.22.1\ntime 2024-02-29T18:18:48Z\n' },
      { name: 'opt/go/bin/go', type: 'symlink', linkname: 'x' },
      { name: 'usr/bin/go', content: testdata('go/go1.19-linux-mips.gz') },
      { name: 'app/VERSION', content: '1.2.3\n' },
      { name: 'bin/busybox', content: '\0BusyBox v1.36.1 (2023)' },
      { name: 'bin/sh', type: 'link', linkname: 'bin/busybox' },
      { name: 'usr/bin/busybox', content: 'BusyBox v1.35.0' },
      { name: 'lib/apk/db/installed', content: 'P:busybox\nV:1.35.0-r0\nF:usr/bin\nR:busybox\n' },
      { name: 'usr/bin/python3.9', content: 'no version' },
    ]);
    const found = Object.entries(element('pkgs.binary')).map(([key, record]) => [
      key,
      record['name'],
      record['version'],
    ]);
    expect(found).toEqual([
      ['/opt/py/bin/python3.11', 'python', '3.11.2'],
      ['/opt/py/include/patchlevel.h', 'python', '3.12.0b1+'],
      ['/usr/bin/go', 'go', '1.19.8'],
      ['/opt/go/bin/go', 'go', '1.22.1'],
      ['/bin/busybox', 'busybox', '1.36.1'],
    ]);
    expect(element('pkgs.binary')['/bin/busybox']).toEqual({
      name: 'busybox',
      version: '1.36.1',
      location: '/bin/busybox',
      type: 'binary',
      files: [],
      license: 'N/A',
      origin: 'N/A',
      metadata: { evidence_type: 'binary' },
    });
  });

  it.each([
    ['go', '\x7fELF... go1.9 go1.8', '1.9'],
    ['VERSION', 'go1.21rc2', '1.21rc2'],
    ['VERSION', 'use go1.21', undefined],
    ['python3.8', '3.8.10-final', '3.8.10-final'],
    ['busybox', 'BusyBox', undefined],
  ])('reads %s with %j', (file, text, version) => {
    expect(runtimeFacts(file, Buffer.from(text))?.version).toBe(version);
  });
});
