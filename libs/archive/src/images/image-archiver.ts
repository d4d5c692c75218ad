import { randomBytes } from 'node:crypto';
import { inspectBundle } from '../bundle/read-bundle.js';
import { writeBundle } from '../bundle/write-bundle.js';
import { ArchiveError } from '../errors.js';
import type { ArchiveContext } from './archive-context.js';
import type { ArchivedImage } from './archived-image.js';
import { ArchivedImages } from './archived-images.js';
import { bundleMembers } from './bundle-members.js';
import { loadEvaluations } from './evaluations.js';
import { loadImageRecord, type ImageRecord } from './image-record.js';

/** Logical bucket of bundles. Their key is `<digest>.tar.gz`. */
export const ARCHIVE_BUCKET = 'analysis_archive';
const RENEW_MS = 20_000;

/** What became of a request to archive one image. */
export interface ArchiveResult {
  digest: string;
  status: 'archived' | 'archiving' | 'deleting' | 'error';
  detail: string;
}

/** Puts analyses into the archive and deletes them there. */
export class ImageArchiver {
  private readonly archived: ArchivedImages;

  constructor(private readonly context: ArchiveContext) {
    this.archived = new ArchivedImages(context.sql);
  }

  /**
   * Copies an image's analysis into the archive; the image itself stays in the working set (storage spec 4.3). Asking
   * again is harmless, also after a crash: a claim that its process left behind is taken over after a minute.
   *
   * Never rejects for a reason of the image or the store: the result says what is wrong.
   */
  async archive(account: string, digest: string): Promise<ArchiveResult> {
    try {
      return await this.attempt(account, digest);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.context.onEvent({ type: 'image_archive_failed', account, imageDigest: digest, reason });
      return { digest, status: 'error', detail: reason };
    }
  }

  /**
   * Deletes an image from the archive for good: bundle first, rows last, so that a failure can be tried again.
   *
   * @param options.force takes also an image that is being archived
   * @throws ArchiveError `not_found`, `invalid_state`; StorageError when the bundle cannot be deleted.
   */
  async delete(account: string, digest: string, options: { force?: boolean } = {}): Promise<void> {
    const image = await this.archived.find(account, digest);
    if (!image) throw new ArchiveError('not_found', `image ${digest} is not in the archive`);
    try {
      if (!(await this.archived.markDeleting(account, image.imageDigest, options.force ?? false))) {
        throw new ArchiveError(
          'invalid_state',
          `Invalid object state: image ${image.imageDigest} is ${image.status}; wait, or use force`,
        );
      }
      const { bucket, key } = image.bundle ?? bundlePlace(image.imageDigest);
      await this.context.analysisArchive.delete({ account, bucket, key });
      await this.archived.remove(account, image.imageDigest);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const { imageDigest } = image;
      this.context.onEvent({ type: 'archived_image_delete_failed', account, imageDigest, reason });
      throw error;
    }
    this.context.onEvent({ type: 'archived_image_deleted', account, imageDigest: image.imageDigest });
  }

  private async attempt(account: string, digest: string): Promise<ArchiveResult> {
    const existing = await this.archived.find(account, digest);
    if (existing && existing.status !== 'archiving') return existingResult(digest, existing);
    const record = await loadImageRecord(this.context.sql, account, digest);
    const refusal = record ? whyNotArchivable(record) : 'there is no such image';
    if (!record || refusal !== undefined) {
      throw new ArchiveError('not_archivable', `image ${digest} cannot be archived: ${refusal}`);
    }
    const token = randomBytes(16).toString('hex');
    if (!(await this.archived.claim(account, record, token))) {
      const now = await this.archived.find(account, record.imageDigest);
      if (now) return existingResult(digest, now);
      throw new ArchiveError('not_archivable', `image ${digest} was deleted from the archive meanwhile; try again`);
    }
    return this.store(account, digest, record, token);
  }

  private async store(account: string, digest: string, record: ImageRecord, token: string): Promise<ArchiveResult> {
    const { imageDigest } = record;
    const lost = new AbortController();
    const renewal = setInterval(() => {
      // A failure to renew shows when the claim is turned into the final state.
      this.archived.renew(account, imageDigest, token).then(
        (held) => held || lost.abort(new Error(`another process archives ${imageDigest}`)),
        () => undefined,
      );
    }, RENEW_MS);
    try {
      const place = bundlePlace(imageDigest);
      const bytes = await this.putBundle(account, record, lost.signal);
      if (!(await this.archived.finish(account, imageDigest, token, { ...place, bytes }))) {
        throw new ArchiveError(
          'invalid_state',
          `archiving of image ${imageDigest} was taken over or stopped meanwhile`,
        );
      }
    } catch (error) {
      // Whoever took the claim over owns the bundle from then on. The claim ends last, so nobody begins in between.
      if (await this.archived.renew(account, imageDigest, token)) {
        await this.context.analysisArchive.delete({ account, ...bundlePlace(imageDigest) });
        await this.archived.abandon(account, imageDigest, token);
      }
      throw error;
    } finally {
      clearInterval(renewal);
    }
    this.context.onEvent({ type: 'image_archived', account, imageDigest });
    return { digest, status: 'archived', detail: 'Completed successfully' };
  }

  private async putBundle(account: string, record: ImageRecord, signal: AbortSignal): Promise<number> {
    const { sql, objectStore, analysisArchive, version } = this.context;
    const { imageDigest } = record;
    const evaluations = await loadEvaluations(sql, account, imageDigest);
    const bundle = writeBundle(
      {
        account,
        image_digest: imageDigest,
        metadata: {
          versions: { service_version: version, db_version: version },
          image_id: record.image_detail.find((tag) => tag.imageId)?.imageId ?? null,
          image_record: JSON.stringify(record),
        },
      },
      bundleMembers(objectStore, { account, imageDigest }, evaluations),
    );
    const id = { account, ...bundlePlace(imageDigest) };
    const stored = await analysisArchive.put(id, bundle, { signal });
    // People delete the image once it is archived, so the copy is proven as a whole before anybody is told.
    const copy = await analysisArchive.get(id, { signal });
    if (!copy)
      throw new ArchiveError('invalid_bundle', `the bundle of image ${imageDigest} vanished; archive it again`);
    await inspectBundle(copy.body);
    return stored.size;
  }
}

function bundlePlace(imageDigest: string): { bucket: string; key: string } {
  return { bucket: ARCHIVE_BUCKET, key: `${imageDigest}.tar.gz` };
}

function existingResult(digest: string, { status }: ArchivedImage): ArchiveResult {
  return { digest, status, detail: 'Existing record found, archiving aborted' };
}

function whyNotArchivable(record: ImageRecord): string | undefined {
  if (record.image_status !== 'active') return `its image_status is ${record.image_status}`;
  if (record.analysis_status !== 'analyzed') return `its analysis_status is ${record.analysis_status}`;
  return undefined;
}
