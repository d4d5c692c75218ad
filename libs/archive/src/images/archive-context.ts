import type { Sql, SqlConnection } from '@kedge/database';
import type { ObjectStore } from '@kedge/object-store';

/** Something that happened to an archived image, for the events of its account. */
export interface ArchiveEvent {
  type: 'image_archived' | 'image_archive_failed' | 'archived_image_deleted' | 'archived_image_delete_failed';
  account: string;
  imageDigest: string;
  /** Why it failed. */
  reason?: string;
}

/** What archiving and restoring need. */
export interface ArchiveContext {
  sql: Sql;
  /** Where the documents of images are. */
  objectStore: ObjectStore;
  /** Where bundles go. May be the same store. */
  analysisArchive: ObjectStore;
  /** Kedge's version, written into bundles. */
  version: string;
  /** Has a restored image indexed. Called in the transaction that inserts its rows. */
  indexImage(account: string, imageDigest: string, tx: Pick<SqlConnection, 'query'>): Promise<void>;
  /** Told after the fact; must not throw. */
  onEvent(event: ArchiveEvent): void;
}
