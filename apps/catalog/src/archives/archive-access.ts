import {
  ArchivedImages,
  ArchiveError,
  ImageArchiver,
  ImageRestorer,
  TransitionHistory,
  TransitionRules,
  type ArchiveContext,
  type ArchiveErrorCode,
} from '@kedge/archive';
import { ApiError, KEDGE_VERSION, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { EventsService } from '../events/events.service.js';

const STATUS: Readonly<Record<ArchiveErrorCode, number>> = {
  not_found: 404,
  conflict: 409,
  not_archivable: 400,
  invalid_state: 400,
  invalid_bundle: 500,
  invalid_rule: 400,
};

/** The analysis archive on this service's database and stores, its errors told as the API tells them. */
@Injectable()
export class ArchiveAccess {
  readonly archiver: ImageArchiver;
  readonly images: ArchivedImages;
  readonly rules: TransitionRules;
  readonly history: TransitionHistory;
  private readonly restorer: ImageRestorer;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly events: EventsService,
  ) {
    const { sql, stores, jobs } = context;
    const archive: ArchiveContext = {
      sql,
      ...stores,
      version: KEDGE_VERSION,
      indexImage: async (account, imageDigest, tx) => {
        await jobs.send('index-image', { account, imageDigest }, { sql: tx });
      },
      onEvent: ({ type, account, imageDigest, reason }) =>
        void this.record(account, imageDigest, `system.analysis_archive.${type}`, reason),
    };
    this.archiver = new ImageArchiver(archive);
    this.restorer = new ImageRestorer(archive);
    this.images = new ArchivedImages(sql);
    this.rules = new TransitionRules(sql);
    this.history = new TransitionHistory(sql);
  }

  /** @throws ApiError 404 not archived; 409 with detail null: the image is in the working set; 400 not in a state for it */
  async restore(account: string, digest: string): Promise<{ imageDigest: string; fullTags: string[] }> {
    try {
      const restored = await this.restorer.restore(account, digest);
      await this.record(account, restored.imageDigest, 'system.image_analysis.restored_from_archive');
      return restored;
    } catch (error) {
      const reason = (error as Error).message;
      await this.record(account, digest, 'system.image_analysis.restore_from_archive_failed', reason);
      throw archiveFailure(error);
    }
  }

  private async record(
    account: string,
    resourceId: string,
    type: Parameters<EventsService['record']>[0]['type'],
    reason?: string,
  ): Promise<void> {
    try {
      await this.events.record({ type, account, resourceId, details: reason === undefined ? {} : { msg: reason } });
    } catch (error) {
      // What happened has happened; a database that is gone makes itself heard elsewhere.
      this.context.logger.warn({ type, reason: (error as Error).message }, 'an event could not be recorded');
    }
  }
}

/** An error of the archive as an {@link ApiError}; others are left as they are. */
export function archiveFailure(error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  return new ApiError(STATUS[error.code], error.message, error.code === 'conflict' ? null : undefined, error);
}
