import { packageRow } from './package-records.js';

const row = (name: string, more: object = {}) => ({
  ...{ name, version: '1', release: 'N/A', type: 'dpkg', arch: 'amd64', path: 'pkgdb' },
  ...{ size: null, license: null, origin: null, source: null, cpeNames: null },
  ...more,
});

describe('records of packages', () => {
  it.each([
    [
      'pkgs.allinfo',
      'bash',
      { version: '5', type: 'dpkg', arch: 'i386', size: '12', lics: ['A', 'B'] },
      row('bash', { version: '5', arch: 'i386', size: 12, license: 'A B' }),
    ],
    [
      'pkgs.allinfo',
      'b:i386',
      { name: 'b', version: '1', release: '2', type: 'rpm', license: 'MIT', size: 'N/A', sourcepkg: 's' },
      row('b', { release: '2', type: 'rpm', arch: 'N/A', license: 'MIT', source: 's' }),
    ],
    [
      'pkgs.allinfo',
      'x',
      '{"version":"1","type":"APKG","origin":"o"}',
      row('x', { type: 'APKG', arch: 'N/A', origin: 'o' }),
    ],
    [
      'pkgs.npms',
      '/a/package.json',
      { name: 'ms', versions: ['2.1'], lics: ['MIT', 'X'], origins: ['a', 'b'] },
      row('ms', { version: '2.1', type: 'npm', arch: 'N/A', path: '/a/package.json', license: 'MIT X', origin: 'a b' }),
    ],
    [
      'pkgs.gems',
      '/g',
      { name: 'rake', versions: [] },
      row('rake', { version: 'N/A', type: 'gem', arch: 'N/A', path: '/g' }),
    ],
    [
      'pkgs.python',
      '/p/six',
      { name: 'six', version: '1.16', license: '', cpes: ['cpe:2.3:a:x:six:1.16:*:*:*:*:*:*:*'] },
      row('six', { version: '1.16', type: 'python', arch: 'N/A', path: '/p/six', cpeNames: ['six 1.16'] }),
    ],
    [
      'pkgs.java',
      '/j.jar',
      { name: 'j', 'maven-version': 'N/A', 'implementation-version': '3', metadata: {} },
      row('j', { version: '3', type: 'java', arch: 'N/A', path: '/j.jar' }),
    ],
    [
      'pkgs.java',
      '/k.jar',
      { name: 'k', 'maven-version': '1', metadata: { 'pom.properties': '\ngroupId=g\nartifactId=k\nversion=2=x\n' } },
      row('k', { version: '2=x', type: 'java', arch: 'N/A', path: '/k.jar', source: 'g:k' }),
    ],
    [
      'pkgs.java',
      '/commons-io-2.11.0.jar',
      { name: 'commons-io-2.11.0' },
      row('commons-io-2.11.0', { version: '2.11.0', type: 'java', arch: 'N/A', path: '/commons-io-2.11.0.jar' }),
    ],
    [
      'pkgs.go',
      '/app',
      { name: 'mod', version: 'v1', type: 'go' },
      row('mod', { version: 'v1', type: 'go', arch: 'N/A', path: '/app' }),
    ],
    ['pkgs.go', '/app', { version: 'v1' }, undefined],
    ['pkgs.all', 'bash', '5', undefined],
    ['pkgs_plus_source.all', 'bash', '5', undefined],
  ])('of %s: %s', (element, key, record, expected) => {
    expect(packageRow(element, key, record)).toEqual(expected);
  });
});
