import type { Readable } from 'node:stream';
import { jsonStream, members, StreamedArray } from '../documents/json-stream.js';
import { isSpdxExpression, isSpdxLicense } from './license-expression.js';
import { sbomPackage, type PackageEntry, type SbomPackage } from './sbom-package.js';
import { documentUuid, imageUrl, timestamp, type SbomSubject } from './sbom-subject.js';

const SUBJECT_REF = 'image';

/**
 * A bill of materials of an image in CycloneDX 1.6 JSON (ECMA-424), as a stream: the image as the subject, its
 * distribution as an operating system, and a library for every package. `packages` is asked once.
 */
export function toCycloneDx(subject: SbomSubject, packages: () => Iterable<PackageEntry>): Readable {
  return jsonStream(
    members({
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${documentUuid(subject)}`,
      version: 1,
      metadata: {
        timestamp: timestamp(subject),
        tools: { components: [{ type: 'application', name: 'kedge', version: subject.toolVersion }] },
        component: {
          type: 'container',
          'bom-ref': SUBJECT_REF,
          name: subject.name,
          version: subject.digest,
          purl: imageUrl(subject),
        },
      },
      components: new StreamedArray(function* () {
        const { name, version } = subject.distro;
        if (name !== '' && name !== 'Unknown') {
          yield { type: 'operating-system', 'bom-ref': 'distro', name, version };
        }
        for (const entry of packages()) yield component(sbomPackage(entry, subject.distro));
      }),
    }),
  );
}

function component(found: SbomPackage): object {
  const licenses = licenseChoice(found.licenses);
  return {
    type: 'library',
    'bom-ref': found.id,
    ...(found.supplier === '' ? {} : { supplier: { name: found.supplier } }),
    ...(found.group === '' ? {} : { group: found.group }),
    name: found.name,
    version: found.version,
    ...(licenses.length > 0 ? { licenses } : {}),
    ...(found.cpes[0] === undefined ? {} : { cpe: found.cpes[0] }),
    ...(found.purl === '' ? {} : { purl: found.purl }),
    properties: [
      ...(found.location === '' ? [] : [{ name: 'kedge:location', value: found.location }]),
      ...found.cpes.slice(1).map((value) => ({ name: 'kedge:cpe', value })),
    ],
  };
}

/** One expression, or a list of licences by identifier or name. */
function licenseChoice(stated: string[]): object[] {
  const [only = ''] = stated;
  if (stated.length === 1 && !isSpdxLicense(only) && isSpdxExpression(only)) return [{ expression: only }];
  return [...new Set(stated)].map((text) => ({ license: isSpdxLicense(text) ? { id: text } : { name: text } }));
}
