import type { ObjectId, ObjectMetadata, StoredObject } from '@kedge/object-store';

/**
 * How far an object got. `deleted`, `gone` (its row was deleted meanwhile) and, when sources are kept, `switched` are ends;
 * `failed` is one until the next try.
 */
export type ObjectState = 'pending' | 'copied' | 'verified' | 'switched' | 'deleted' | 'gone' | 'failed';

/** An object of the journal together with its row as it is now. */
export interface JournalEntry {
  seq: string;
  id: ObjectId;
  state: ObjectState;
  /** Where the content was when the run selected it. */
  sourceUri: string;
  /** A copy made by an earlier attempt. */
  copy: StoredObject | undefined;
  /** Unique part of the location that the journal has down as intended for the next copy. */
  unique?: string;
  /** Undefined when the object was deleted meanwhile. */
  row: ObjectMetadata | undefined;
}

export interface ObjectUpdate {
  seq: string;
  state: ObjectState;
  /** Replace what is recorded when the object was found changed. */
  sourceUri?: string;
  sourceDigest?: string;
  copy?: StoredObject;
  reasonCode?: string;
  reason?: string;
}

/** What a run was asked to do; two runs of the same task do the same work. */
export interface MigrationTask {
  fromDriver: string;
  toDriver: string;
  fromPlace: string;
  toPlace: string;
  fromConfig?: string;
  toConfig?: string;
  fromSection: string;
  toSection: string;
  buckets?: string[];
  deleteSource: boolean;
  rollbackOf?: number;
  /** Limit of all copies together. */
  bytesPerSecond?: number;
}

/** How a task ended, or why it has not. */
export type TaskEnd = 'complete' | 'failed';
