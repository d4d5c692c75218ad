import { cpeNames } from './cpe-names.js';

describe('CPEs of a package', () => {
  it('say product and version, each once', () => {
    expect(
      cpeNames([
        'cpe:2.3:a:acme:Json-Lib:1.0:*:*:*:*:*:*:*',
        'cpe:2.3:a:other:json-lib:1.0:rc1:*:*:*:*:*:*',
        'cpe:2.3:a:acme:json_lib:1.0:*:*:*:*:*:*:*',
        String.raw`cpe:2.3:a:-:c\+\+\:lib:2.0\+build:*:*:*:*:*:*:*`,
      ]),
    ).toEqual(['json-lib 1.0', 'json_lib 1.0', 'c++:lib 2.0+build']);
  });

  it.each([
    [undefined],
    ['cpe:2.3:a:acme:lib:1.0:*:*:*:*:*:*:*'],
    [['cpe:2.3:a:acme:lib:*:*:*:*:*:*:*:*', 'cpe:2.3:a:acme:-:1:*:*:*:*:*:*:*']],
    [['cpe:/a:acme:lib:1.0', 'cpe:2.3:a:acme', 'cpe:2.3:a::::', '', 7, null]],
  ])('are none in %j', (cpes) => {
    expect(cpeNames(cpes)).toBeNull();
  });
});
