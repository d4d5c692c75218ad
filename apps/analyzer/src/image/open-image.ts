import type { SqlConnection } from '@kedge/database';
import {
  credentialsFor,
  ImageError,
  parseReference,
  RegistrySource,
  type ImageSource,
  type ResolvedImage,
} from '@kedge/registry';
import { registryRecords } from '@kedge/service';
import { AnalyzerError } from '../errors.js';
import type { ImageRecord } from './image-record.js';
import { openLocalImage } from './local-image.js';

/** Repositories tried for one image. */
const MAX_REPOSITORIES = 10;

/** An image whose manifest and config were read and proven; layers can be read from `source`. */
export interface OpenImage {
  source: ImageSource;
  image: ResolvedImage;
  /** What was opened, for messages and logs. */
  name: string;
  /** True when the layers come over the network. */
  remote: boolean;
}

/**
 * Opens the image at its local location, or in a registry by its digest with the account's login: in the repository of its
 * newest tag, and when it is not to be had there, in those of its other tags. The caller closes the source.
 *
 * @throws AnalyzerError `no_tag`, `location_refused`, `image_changed`; ImageError of the newest tag's repository
 */
export async function openImage(
  record: ImageRecord,
  sql: Pick<SqlConnection, 'query'>,
  options: { localDirectories: readonly string[]; signal: AbortSignal },
): Promise<OpenImage> {
  const { sourceLocation: location, digest } = record;
  if (location !== null) {
    const source = await openLocalImage(location, options.localDirectories);
    return resolve(source, { name: location, digest, remote: false, signal: options.signal });
  }
  const records = await registryRecords(sql, record.account);
  const repositories = [...new Set(record.tags.map(({ registry, repo }) => `${registry}/${repo}`))];
  let first: ImageError | undefined;
  for (const repository of repositories.slice(0, MAX_REPOSITORIES)) {
    const name = `${repository}@${digest}`;
    try {
      const reference = parseReference(name);
      const source = new RegistrySource(reference, credentialsFor(records, reference));
      return await resolve(source, { name, digest, remote: true, signal: options.signal });
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ImageError)) throw error;
      first ??= error;
    }
  }
  throw first ?? new AnalyzerError('no_tag', `image ${digest} has no tag that says where to read it; add it again`);
}

async function resolve(
  source: ImageSource,
  { name, digest, remote, signal }: { name: string; digest: string; remote: boolean; signal: AbortSignal },
): Promise<OpenImage> {
  try {
    const image = await source.resolve({ signal });
    if (image.digest !== digest) {
      throw new AnalyzerError(
        'image_changed',
        `${name} now holds the image ${image.digest}, not ${digest} which was added; add it again`,
      );
    }
    return { source, image, name, remote };
  } catch (error) {
    await source.close();
    throw error;
  }
}
