import { ApiError } from '@kedge/service';
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';

const LOCAL = /^(oci|oci-archive|docker-archive):(.+)$/s;
const MAX_LENGTH = 4096;
/** Ends of the path that are tried. */
const MAX_ENDS = 16;

/**
 * Checks where a local image lies and spells the location with its real path. With all symbolic links resolved it must be
 * below one of the directories that the operator allows. What does not exist is told from what is not allowed only inside
 * of them, so that nobody can feel his way through the disk.
 *
 * @throws ApiError 400
 */
export async function checkLocalLocation(location: string, directories: readonly string[]): Promise<string> {
  const [, scheme, rest = ''] = LOCAL.exec(location) ?? [];
  if (scheme === undefined || location.length > MAX_LENGTH || location.includes('\0')) {
    throw new ApiError(
      400,
      'source.local.location must be oci:DIRECTORY[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:REFERENCE]',
    );
  }
  const allowed = await Promise.all(directories.map((directory) => realpath(directory).catch(() => undefined)));
  // The longest leading part that exists is the path, as in openImageSource; the rest selects an image in it.
  const ends = [rest.length, ...[...rest.matchAll(/[:@]/g)].map(({ index }) => index).reverse()];
  for (const end of ends.slice(0, MAX_ENDS)) {
    const path = end === 0 ? undefined : await realpath(rest.slice(0, end)).catch(() => undefined);
    if (path === undefined) continue;
    if (!allowed.some((directory) => directory !== undefined && isBelow(path, directory))) break;
    return `${scheme}:${path}${rest.slice(end)}`;
  }
  const list = directories.join(', ') || 'none is set';
  throw new ApiError(
    400,
    `local image '${location}' does not exist below a directory that local images may come from (${list}); ` +
      'see services.catalog.local_image_directories in config.yaml',
  );
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}
