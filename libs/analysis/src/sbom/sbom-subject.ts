import { createHash } from 'node:crypto';
import { PackageURL } from 'packageurl-js';
import type { SbomDistro } from './sbom-package.js';

/** The image that a bill of materials is about. */
export interface SbomSubject {
  /** `registry/repository:tag` */
  name: string;
  /** `sha256:<hex>` of the manifest. */
  digest: string;
  architecture: string;
  distro: SbomDistro;
  /** When the image was analysed; the document's time. */
  created: Date;
  /** Kedge's version. */
  toolVersion: string;
}

/** Package URL of the image itself. */
export function imageUrl({ name, digest, architecture }: SbomSubject): string {
  const repository = name.replace(/:[^:/]*$/, '');
  const tag = name.slice(repository.length + 1);
  const qualifiers: Record<string, string> = { arch: architecture, repository_url: repository };
  if (tag !== '') qualifiers['tag'] = tag;
  const last = repository.slice(repository.lastIndexOf('/') + 1);
  return new PackageURL('oci', undefined, last, digest, qualifiers, undefined).toString();
}

/** A UUID (RFC 9562, version 8) that is the same for the same image and time, and for no other. */
export function documentUuid({ name, digest, created }: SbomSubject): string {
  const bytes = createHash('sha256').update(`${name}\n${digest}\n${created.toISOString()}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** RFC 3339 without fractions, as both formats want it. */
export function timestamp({ created }: SbomSubject): string {
  return created.toISOString().replace(/\.\d+Z$/, 'Z');
}
