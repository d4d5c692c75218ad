import { existsSync } from 'node:fs';
import { RegistrySource } from './distribution/registry-source.js';
import type { RegistryOptions } from './distribution/registry-client.js';
import { ImageError, type ImageSource } from './image-source.js';
import { DockerArchiveSource } from './layout/docker-archive.js';
import { DirectoryFiles } from './layout/image-files.js';
import { LayoutSource } from './layout/oci-layout.js';
import { TarFiles } from './layout/tar-files.js';
import { parseReference } from './reference.js';

/** Prefixes of {@link openImageSource}, for help texts. */
export const IMAGE_SCHEMES = ['docker://', 'oci:', 'oci-archive:', 'docker-archive:'] as const;

/**
 * Opens an image by its location, in the spelling that skopeo and podman use:
 *
 * - `docker://REFERENCE` or a bare reference: a registry
 * - `oci:DIRECTORY[:TAG]`, `oci-archive:FILE.tar[:TAG]`: an OCI image layout; TAG may be a digest after `@`
 * - `docker-archive:FILE.tar[:REFERENCE]`: the output of `docker save`
 *
 * Nothing is read yet; the source's own methods do. The caller closes the source.
 *
 * @param options for registries only
 * @throws ImageError `invalid_reference`, or `not_found` for a path that does not exist
 */
export function openImageSource(location: string, options: RegistryOptions = {}): ImageSource {
  const text = location.trim();
  if (text.startsWith('docker://')) return new RegistrySource(parseReference(text.slice('docker://'.length)), options);
  const scheme = /^(oci|oci-archive|docker-archive):/.exec(text)?.[1];
  if (scheme === undefined) return new RegistrySource(parseReference(text), options);
  const { path, selector } = splitPath(text.slice(scheme.length + 1), scheme);
  if (scheme === 'oci') return new LayoutSource(new DirectoryFiles(path), selector);
  const files = new TarFiles(path);
  return scheme === 'oci-archive' ? new LayoutSource(files, selector) : new DockerArchiveSource(files, selector);
}

/** The longest leading part that exists is the path; what follows the colon (or `@` of a digest) selects the image. */
function splitPath(text: string, scheme: string): { path: string; selector?: string } {
  if (text === '') {
    throw new ImageError('invalid_reference', `${scheme}: wants a path; allowed are ${IMAGE_SCHEMES.join(', ')}`);
  }
  if (existsSync(text)) return { path: text };
  const separators = [...text.matchAll(/[:@]/g)].map(({ index }) => index).reverse();
  for (const at of separators.slice(0, 16)) {
    const [path, selector] = [text.slice(0, at), text.slice(at + 1)];
    if (path !== '' && existsSync(path)) return selector === '' ? { path } : { path, selector };
  }
  const kind = scheme === 'oci' ? 'directory' : 'file';
  throw new ImageError('not_found', `there is no ${kind} ${text}, or no permission to see it`);
}
