import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { jsonStream, members, StreamedArray } from '../documents/json-stream.js';
import { isSpdxExpression, licenseReference } from './license-expression.js';
import { sbomPackage, type PackageEntry, type SbomPackage } from './sbom-package.js';
import { documentUuid, imageUrl, timestamp, type SbomSubject } from './sbom-subject.js';

const DOCUMENT = 'SPDXRef-DOCUMENT';
const IMAGE = 'SPDXRef-Image';
const UNKNOWN = 'NOASSERTION';

/**
 * A bill of materials of an image in SPDX 2.3 JSON, as a stream: one package for the image, which the document describes,
 * and one for each package it contains. `packages` is asked three times, once for each list of the document.
 */
export function toSpdx(subject: SbomSubject, packages: () => Iterable<PackageEntry>): Readable {
  const found = function* () {
    for (const entry of packages()) yield sbomPackage(entry, subject.distro);
  };
  return jsonStream(
    members({
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: DOCUMENT,
      name: subject.name,
      documentNamespace: `urn:uuid:${documentUuid(subject)}`,
      creationInfo: { created: timestamp(subject), creators: [`Tool: kedge-${subject.toolVersion}`] },
      documentDescribes: [IMAGE],
      packages: new StreamedArray(function* () {
        yield imagePackage(subject);
        for (const one of found()) yield spdxPackage(one);
      }),
      hasExtractedLicensingInfos: new StreamedArray(() => extractedLicenses(found())),
      relationships: new StreamedArray(function* () {
        yield relationship(DOCUMENT, 'DESCRIBES', IMAGE);
        for (const one of found()) yield relationship(IMAGE, 'CONTAINS', packageId(one));
      }),
    }),
  );
}

function imagePackage(subject: SbomSubject): object {
  return {
    name: subject.name,
    SPDXID: IMAGE,
    versionInfo: subject.digest,
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    checksums: [{ algorithm: 'SHA256', checksumValue: subject.digest.replace(/^sha256:/, '') }],
    licenseConcluded: UNKNOWN,
    licenseDeclared: UNKNOWN,
    copyrightText: UNKNOWN,
    externalRefs: [reference('PACKAGE-MANAGER', 'purl', imageUrl(subject))],
    primaryPackagePurpose: 'CONTAINER',
  };
}

function spdxPackage(found: SbomPackage): object {
  const refs = found.cpes.map((cpe) => reference('SECURITY', 'cpe23Type', cpe));
  if (found.purl !== '') refs.push(reference('PACKAGE-MANAGER', 'purl', found.purl));
  return {
    name: found.group === '' ? found.name : `${found.group}:${found.name}`,
    SPDXID: packageId(found),
    ...(found.version === '' ? {} : { versionInfo: found.version }),
    supplier: found.supplier === '' ? UNKNOWN : `Organization: ${found.supplier.replace(/<([^<>]*)>$/, '($1)')}`,
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    ...(found.location === '' ? {} : { sourceInfo: `found in ${found.location}` }),
    licenseConcluded: UNKNOWN,
    licenseDeclared: declared(found.licenses),
    copyrightText: UNKNOWN,
    ...(refs.length > 0 ? { externalRefs: refs } : {}),
  };
}

function declared(licenses: string[]): string {
  const terms = [...new Set(licenses)].map((text) => (isSpdxExpression(text) ? text : licenseReference(text)));
  if (terms.length === 0) return UNKNOWN;
  return terms.length === 1
    ? terms.join('')
    : terms.map((term) => (term.includes(' ') ? `(${term})` : term)).join(' AND ');
}

/** Every licence that is not on SPDX's list, once. */
function* extractedLicenses(found: Iterable<SbomPackage>): Generator<object> {
  const seen = new Set<string>();
  for (const { licenses } of found) {
    for (const text of licenses) {
      const licenseId = licenseReference(text);
      if (isSpdxExpression(text) || seen.has(licenseId)) continue;
      seen.add(licenseId);
      yield { licenseId, name: text.slice(0, 200), extractedText: text };
    }
  }
}

/** Identifiers may hold letters, digits, dots and dashes only. */
function packageId(found: SbomPackage): string {
  const readable = found.name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 100);
  return `SPDXRef-Package-${readable}-${createHash('sha256').update(found.id).digest('hex').slice(0, 16)}`;
}

function reference(referenceCategory: string, referenceType: string, referenceLocator: string) {
  return { referenceCategory, referenceType, referenceLocator };
}

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string): object {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}
