import type { JobQueue } from '@kedge/service';
import type { ImageName } from '../index-store/index-store.js';

/**
 * Has the policy engine index an image again from the analysis that the object store holds, without a new analysis: for
 * images that were indexed while `enable_package_db_load` was false. A job that waits already is enough.
 */
export async function reloadImage(jobs: Pick<JobQueue, 'send'>, { account, digest }: ImageName): Promise<void> {
  await jobs.send('index-image', { account, imageDigest: digest });
}
