import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { text } from 'node:stream/consumers';
import parseLicense from 'spdx-expression-parse';
import { toCycloneDx } from './cyclonedx.js';
import { isSpdxExpression } from './license-expression.js';
import { toNativeSbom } from './native.js';
import { packagesOf } from './sbom-package.js';
import type { SbomSubject } from './sbom-subject.js';
import { toSpdx } from './spdx.js';

const subject: SbomSubject = {
  name: 'registry.example.org:5000/team/app:1.0',
  digest: `sha256:${'ab'.repeat(32)}`,
  architecture: 'arm64',
  distro: { name: 'rocky', version: '9.3' },
  created: new Date('2026-02-03T04:05:06.789Z'),
  toolVersion: '0.1.0',
};

const cpe = 'cpe:2.3:a:v:p:1:*:*:*:*:*:*:*';
const content = {
  os: {
    bash: {
      type: 'rpm',
      version: '1:5.1',
      release: '9.el9',
      arch: 'aarch64',
      sourcepkg: 'bash-5.1-9.el9.src.rpm',
      origin: 'Rocky',
      license: 'GPLv3+',
      cpes: [cpe, `${cpe.slice(0, -1)}x`],
    },
    'libc6:i386': {
      name: 'libc6',
      type: 'dpkg',
      version: '2.36-9',
      release: 'N/A',
      arch: 'i386',
      sourcepkg: 'glibc',
      origin: 'A <a@example.org> (maintainer)',
      license: 'GPL-2 MIT',
    },
    musl: {
      name: 'musl',
      type: 'APKG',
      version: '1.2',
      release: 'r1',
      arch: 'x86_64',
      sourcepkg: 'musl',
      origin: 'N/A',
      license: 'MIT',
    },
  },
  npm: {
    '/app/package.json': { name: '@scope/x', versions: ['1.0.0'], lics: ['MIT', 'ISC'], origins: ['A'], cpes: [] },
  },
  gem: { '/g.gemspec': { name: 'rack', versions: ['2.0'], lics: [], origins: [] } },
  python: {
    '/site/Py_Yaml': { name: 'Py_Yaml', version: '6', license: 'MIT OR Apache-2.0', origin: '', location: '/site' },
  },
  java: {
    '/a.jar': { name: 'a', 'maven-version': '1', origin: 'org.example', location: '/a.jar' },
    '/b.jar': {
      name: 'b',
      'maven-version': 'N/A',
      'implementation-version': '3',
      origin: 'Vendor',
      location: '/b.jar',
    },
  },
  go: {
    '/t:github.com/a/b@v1.2.3': {
      name: 'github.com/a/b',
      version: 'v1.2.3',
      location: '/t',
      license: 'N/A',
      origin: 'N/A',
    },
  },
  nuget: { '/x:N@1': { name: 'N', version: '1', location: '/x' } },
  binary: { '/usr/bin/go': { name: 'go', version: '1.22', location: '/usr/bin/go' } },
  files: { '/etc': { name: '/etc' } },
  manifest: { layers: [] },
};

const packages = () => packagesOf(content);

/** What SPDX 2.3 requires of what is written here; unknown members are refused, as there. */
function check(schema: object, document: unknown): unknown {
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  validate(document);
  return validate.errors;
}

const string = { type: 'string', minLength: 1 };
const object = (required: string[], more: Record<string, object> = {}) => ({
  type: 'object',
  required,
  properties: { ...Object.fromEntries(required.map((key) => [key, string])), ...more },
  additionalProperties: false,
});
const list = (items: object) => ({ type: 'array', items });

describe('CycloneDX', () => {
  /** By the schema of the standard itself, in which unknown members are faults. */
  const faults = (document: string): Promise<unknown> =>
    new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(document);

  it('lists the image, its distribution and every package', async () => {
    const written = await text(toCycloneDx(subject, packages));
    expect(await faults(written)).toBeNull();
    expect(await faults(written.replace('"operating-system"', '"system"'))).not.toBeNull();
    const document = JSON.parse(written);
    const refs = document.components.map((one: { 'bom-ref': string }) => one['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(document.metadata.component.purl).toBe(
      `pkg:oci/app@sha256:${'ab'.repeat(32)}?arch=arm64&repository_url=registry.example.org%3A5000%2Fteam%2Fapp&tag=1.0`,
    );
    expect(document.components[0]).toEqual({
      type: 'operating-system',
      'bom-ref': 'distro',
      name: 'rocky',
      version: '9.3',
    });
    expect(document.components.slice(1).map((one: { purl?: string }) => one.purl)).toEqual([
      'pkg:rpm/rocky/bash@5.1-9.el9?arch=aarch64&distro=rocky-9.3&epoch=1&upstream=bash-5.1-9.el9.src.rpm',
      'pkg:deb/rocky/libc6@2.36-9?arch=i386&distro=rocky-9.3&upstream=glibc',
      'pkg:apk/rocky/musl@1.2-r1?arch=x86_64&distro=rocky-9.3',
      'pkg:npm/%40scope/x@1.0.0',
      'pkg:gem/rack@2.0',
      'pkg:pypi/py-yaml@6',
      'pkg:maven/org.example/a@1',
      undefined,
      'pkg:golang/github.com/a/b@v1.2.3',
      'pkg:nuget/N@1',
      'pkg:generic/go@1.22',
    ]);
    expect(document.components[1]).toMatchObject({
      name: 'bash',
      version: '1:5.1-9.el9',
      licenses: [{ license: { name: 'GPLv3+' } }],
      supplier: { name: 'Rocky' },
      cpe,
    });
    expect(document.components[2].licenses).toEqual([{ license: { name: 'GPL-2' } }, { license: { id: 'MIT' } }]);
    expect(document.components[6].licenses).toEqual([{ expression: 'MIT OR Apache-2.0' }]);
    expect(document.components[8]).toMatchObject({ name: 'b', version: '3' });
    expect(document.components[8].group).toBeUndefined();
  });

  it('is the same for the same image and time', async () => {
    expect(await text(toCycloneDx(subject, packages))).toBe(await text(toCycloneDx(subject, packages)));
    const later = { ...subject, created: new Date(0) };
    expect(JSON.parse(await text(toCycloneDx(later, packages))).serialNumber).not.toBe(
      JSON.parse(await text(toCycloneDx(subject, packages))).serialNumber,
    );
  });
});

describe('SPDX', () => {
  const id = { type: 'string', pattern: '^SPDXRef-[A-Za-z0-9.-]+$' };
  const spdxPackage = object(['name', 'SPDXID', 'downloadLocation'], {
    SPDXID: id,
    versionInfo: string,
    supplier: { pattern: '^(NOASSERTION|(Organization|Person): .+)$' },
    filesAnalyzed: { const: false },
    checksums: list(object(['algorithm', 'checksumValue'])),
    sourceInfo: string,
    licenseConcluded: string,
    licenseDeclared: string,
    copyrightText: string,
    externalRefs: list(
      object(['referenceCategory', 'referenceType', 'referenceLocator'], {
        referenceCategory: { enum: ['SECURITY', 'PACKAGE-MANAGER'] },
        referenceType: { enum: ['cpe23Type', 'purl'] },
      }),
    ),
    primaryPackagePurpose: { enum: ['CONTAINER'] },
  });
  const schema = object(
    ['spdxVersion', 'dataLicense', 'SPDXID', 'name', 'documentNamespace', 'creationInfo', 'packages', 'relationships'],
    {
      spdxVersion: { const: 'SPDX-2.3' },
      dataLicense: { const: 'CC0-1.0' },
      SPDXID: { const: 'SPDXRef-DOCUMENT' },
      documentNamespace: { format: 'uri' },
      creationInfo: object(['created', 'creators'], {
        created: { pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
        creators: list({ pattern: '^Tool: ' }),
      }),
      documentDescribes: list(id),
      packages: list(spdxPackage),
      hasExtractedLicensingInfos: list(object(['licenseId', 'extractedText'], { name: string })),
      relationships: list(object(['spdxElementId', 'relationshipType', 'relatedSpdxElement'])),
    },
  );

  it('describes the image and says what it contains', async () => {
    const document = JSON.parse(await text(toSpdx(subject, packages)));
    expect(check(schema, document)).toBeNull();
    const ids: string[] = document.packages.map((one: { SPDXID: string }) => one.SPDXID);
    expect(new Set(ids).size).toBe(12);
    expect(document.relationships.map((one: { relatedSpdxElement: string }) => one.relatedSpdxElement)).toEqual(ids);
    const declared = document.packages.slice(1).map((one: { licenseDeclared: string }) => one.licenseDeclared);
    const references = document.hasExtractedLicensingInfos.map((one: { licenseId: string }) => one.licenseId);
    expect(document.hasExtractedLicensingInfos.map((one: { name: string }) => one.name)).toEqual(['GPLv3+', 'GPL-2']);
    for (const expression of declared) if (expression !== 'NOASSERTION') parseLicense(expression);
    expect(declared.slice(0, 4)).toEqual([references[0], `${references[1]} AND MIT`, 'MIT', 'MIT AND ISC']);
    expect(declared.slice(5, 6)).toEqual(['MIT OR Apache-2.0']);
    expect(document.packages[2].supplier).toBe('Organization: A (a@example.org)');
    expect(document.packages[7].name).toBe('org.example:a');
  });
});

describe('the native form', () => {
  it('has an artifact for every package', async () => {
    const document = JSON.parse(await text(toNativeSbom(subject, packages)));
    expect(document.artifacts.map((one: { type: string }) => one.type)).toEqual([
      'rpm',
      'deb',
      'apk',
      'npm',
      'gem',
      'python',
      'java-archive',
      'java-archive',
      'go-module',
      'dotnet',
      'binary',
    ]);
    expect(document.artifacts[3]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: '@scope/x',
      version: '1.0.0',
      type: 'npm',
      foundBy: 'npm-cataloger',
      locations: [{ path: '/app/package.json' }],
      licenses: ['MIT', 'ISC'],
      language: 'javascript',
      cpes: [],
      purl: 'pkg:npm/%40scope/x@1.0.0',
      metadataType: 'NpmPackageJsonMetadata',
    });
    expect(document).toMatchObject({ distro: { name: 'rocky', version: '9.3' }, schema: { version: '2.0.1' } });
  });
});

describe('licence expressions', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR Apache-2.0) AND ISC', true],
    ['MIT and ISC', false],
    ['MIT ISC', false],
    ['(MIT', false],
    ['AND', false],
    ['', false],
    ['GPL', false],
  ])('%j: %s', (expression, valid) => {
    expect(isSpdxExpression(expression)).toBe(valid);
  });
});
