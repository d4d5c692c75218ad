import { IMAGE_SCHEMES, openImageSource, type ImageSource } from '@kedge/registry';
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { AnalyzerError } from '../errors.js';

const LOCAL = /^(oci|oci-archive|docker-archive):(.+)$/s;

/**
 * Opens an image from a local layout or archive. Its real path, symbolic links resolved, must lie below one of the
 * directories that the operator allows, so that nobody can have other files of the host read.
 *
 * @throws AnalyzerError `location_refused`; ImageError `not_found` and others of {@link openImageSource}
 */
export async function openLocalImage(location: string, directories: readonly string[]): Promise<ImageSource> {
  const [, scheme, rest = ''] = LOCAL.exec(location) ?? [];
  if (scheme === undefined) {
    throw refused(`'${location}' is no local image; write one of ${IMAGE_SCHEMES.slice(1).join(', ')} and a path`);
  }
  const { path, selector } = await splitExisting(rest);
  if (path === undefined) return openImageSource(location); // which says what is missing
  const allowed = await Promise.all(directories.map((directory) => realpath(directory).catch(() => undefined)));
  if (!allowed.some((directory) => directory !== undefined && isBelow(path, directory))) {
    throw refused(
      `${path} is not below a directory that local images may come from ` +
        `(${directories.join(', ') || 'none is set'}); see local_image_directories in config.yaml`,
    );
  }
  return openImageSource(`${scheme}:${path}${selector}`);
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** The longest leading part that exists, resolved; the rest, with its `:` or `@`, selects the image. */
async function splitExisting(text: string): Promise<{ path?: string; selector: string }> {
  const ends = [text.length, ...[...text.matchAll(/[:@]/g)].map(({ index }) => index).reverse()];
  for (const end of ends.slice(0, 16)) {
    if (end === 0) continue;
    const path = await realpath(text.slice(0, end)).catch(() => undefined);
    if (path !== undefined) return { path, selector: text.slice(end) };
  }
  return { selector: '' };
}

function refused(message: string): AnalyzerError {
  return new AnalyzerError('location_refused', message);
}
