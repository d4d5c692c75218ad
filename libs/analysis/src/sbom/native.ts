import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { jsonStream, members, StreamedArray } from '../documents/json-stream.js';
import { sbomPackage, type PackageEntry, type PackageType } from './sbom-package.js';
import type { SbomSubject } from './sbom-subject.js';

/** Words of the document for a type of package: its own, the language, and what the metadata would be called. */
const WORDS: Record<PackageType, { type: string; language: string; metadataType: string }> = {
  os: { type: '', language: '', metadataType: '' },
  npm: { type: 'npm', language: 'javascript', metadataType: 'NpmPackageJsonMetadata' },
  gem: { type: 'gem', language: 'ruby', metadataType: 'GemMetadata' },
  python: { type: 'python', language: 'python', metadataType: 'PythonPackageMetadata' },
  java: { type: 'java-archive', language: 'java', metadataType: 'JavaMetadata' },
  go: { type: 'go-module', language: 'go', metadataType: 'GolangBinMetadata' },
  nuget: { type: 'dotnet', language: 'dotnet', metadataType: '' },
  binary: { type: 'binary', language: '', metadataType: '' },
};

const OS_WORDS: Record<string, { type: string; metadataType: string }> = {
  apkg: { type: 'apk', metadataType: 'ApkMetadata' },
  dpkg: { type: 'deb', metadataType: 'DpkgMetadata' },
  rpm: { type: 'rpm', metadataType: 'RpmdbMetadata' },
};

/**
 * The packages of an image in the JSON form that clients of the old system get from `sboms/native`: that of Syft's schema
 * 2.0.1, without the metadata that only its own readers use. `packages` is asked once.
 */
export function toNativeSbom(subject: SbomSubject, packages: () => Iterable<PackageEntry>): Readable {
  const { name, digest, distro, toolVersion } = subject;
  return jsonStream(
    members({
      artifacts: new StreamedArray(function* () {
        for (const entry of packages()) yield artifact(entry, subject);
      }),
      artifactRelationships: [],
      source: {
        type: 'image',
        target: { userInput: name, manifestDigest: digest, tags: [name], architecture: subject.architecture },
      },
      distro: { name: distro.name, version: distro.version, idLike: '' },
      descriptor: { name: 'kedge', version: toolVersion },
      schema: { version: '2.0.1' },
    }),
  );
}

function artifact(entry: PackageEntry, subject: SbomSubject): object {
  const found = sbomPackage(entry, subject.distro);
  const words = { ...WORDS[entry.type], ...OS_WORDS[String(entry.record['type']).toLowerCase()] };
  return {
    id: createHash('sha256').update(found.id).digest('hex').slice(0, 16),
    name: found.name,
    version: found.version,
    type: words.type,
    foundBy: `${entry.type}-cataloger`,
    locations: found.location === '' ? [] : [{ path: found.location }],
    licenses: found.licenses,
    language: words.language,
    cpes: found.cpes,
    purl: found.purl,
    ...(words.metadataType === '' ? {} : { metadataType: words.metadataType }),
  };
}
