import { catalog } from '../testing/catalog.js';

/** As `dotnet publish` writes it, shortened. */
const DEPS = {
  runtimeTarget: { name: '.NETCoreApp,Version=v6.0', signature: '' },
  targets: {
    '.NETCoreApp,Version=v6.0': {
      'App/1.0.0': { dependencies: { 'Newtonsoft.Json': '13.0.1' }, runtime: { 'App.dll': {} } },
      'Newtonsoft.Json/13.0.1': {
        runtime: { 'lib/netstandard2.0/Newtonsoft.Json.dll': { assemblyVersion: '13.0.0.0' } },
      },
    },
  },
  libraries: {
    'App/1.0.0': { type: 'project', serviceable: false, sha512: '' },
    'Newtonsoft.Json/13.0.1': {
      type: 'package',
      serviceable: true,
      sha512: 'sha512-ppPFpBcvxdsfUonNcvITKqLl3bqxWbDCZIzDWHzjpdAHRFfZe0Dw9HmA0+za13IdyrgJwpkDTDA9fHaxOrt20A==',
      path: 'newtonsoft.json/13.0.1',
      hashPath: 'newtonsoft.json.13.0.1.nupkg.sha512',
    },
    odd: { type: 'package' },
  },
};

const NUSPEC = `\ufeff<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata minClientVersion="2.12">
    <!-- <id>Not.This</id> -->
    <id>Serilog</id>
    <version>2.10.0</version>
    <authors>Serilog &amp; Contributors</authors>
    <license type="expression">Apache-2.0</license>
    <licenseUrl>https://licenses.nuget.org/Apache-2.0</licenseUrl>
    <dependencies><group><dependency id="x" version="1.0.0" /></group></dependencies>
  </metadata>
</package>`;

describe('the nuget cataloger', () => {
  it('reads what an application states and what was restored', async () => {
    const { element, image } = await catalog([
      { name: 'app/App.deps.json', content: JSON.stringify(DEPS) },
      { name: 'root/.nuget/packages/serilog/2.10.0/serilog.nuspec', content: NUSPEC },
      { name: 'src/My.nuspec', content: NUSPEC },
      { name: 'bad/x.deps.json', content: '[' },
      { name: 'odd/x.deps.json', content: '{"libraries":[1,null,{"type":"package"}]}' },
    ]);
    expect(element('pkgs.nuget')).toEqual({
      '/app/App.deps.json:Newtonsoft.Json@13.0.1': {
        name: 'Newtonsoft.Json',
        version: '13.0.1',
        location: '/app/App.deps.json',
        type: 'nuget',
        files: [],
        license: 'N/A',
        origin: 'N/A',
        metadata: {
          sha512: 'ppPFpBcvxdsfUonNcvITKqLl3bqxWbDCZIzDWHzjpdAHRFfZe0Dw9HmA0+za13IdyrgJwpkDTDA9fHaxOrt20A==',
          path: 'newtonsoft.json/13.0.1',
        },
        cpes: [
          'cpe:2.3:a:Newtonsoft.Json:Newtonsoft.Json:13.0.1:*:*:*:*:*:*:*',
          'cpe:2.3:a:Newtonsoft:Newtonsoft.Json:13.0.1:*:*:*:*:*:*:*',
        ],
      },
      '/root/.nuget/packages/serilog/2.10.0': expect.objectContaining({
        name: 'Serilog',
        version: '2.10.0',
        license: 'Apache-2.0',
        origin: 'Serilog & Contributors',
        metadata: {},
      }),
    });
    expect(image.warnings).toEqual([expect.stringContaining('/bad/x.deps.json: nuget could not read it')]);
  });
});
