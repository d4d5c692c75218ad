import type { PolicyBundleRecord } from '@kedge/database';
import { describeObject, type ObjectMetadata } from '@kedge/object-store';
import type { PolicyBundleDocument } from '@kedge/client';
import { epochSeconds, timestamp } from '../wire/timestamp.js';
import type { PolicyRecordView } from './policy.dto.js';

/** A row of `policy_bundle` with its object. */
export interface StoredPolicy {
  row: PolicyBundleRecord;
  bundle: PolicyBundleDocument;
  metadata: ObjectMetadata;
}

/**
 * The record as the API shows it. `last_updated` is the later of row and object; name and description are the bundle's.
 *
 * @param detail with the bundle and where it is kept; else both are `{}`
 */
export function policyView(stored: StoredPolicy, detail: boolean): PolicyRecordView {
  const { row, bundle, metadata } = stored;
  return {
    ...rowView(row, epochSeconds(metadata.lastUpdated)),
    ...textOf(bundle, 'name'),
    ...textOf(bundle, 'description'),
    policybundle: detail ? bundle : {},
    policybundlemeta: detail ? metaView(metadata) : {},
  };
}

/** What can be said of a record whose object cannot be read. */
export function damagedPolicyView(row: PolicyBundleRecord): PolicyRecordView {
  return { ...rowView(row, 0), policybundle: {}, policybundlemeta: {} };
}

function rowView(row: PolicyBundleRecord, objectUpdated: number) {
  return {
    policyId: row.policyId,
    userId: row.userId,
    active: row.active,
    policy_source: row.policySource,
    created_at: timestamp(row.createdAt),
    last_updated: timestamp(Math.max(row.lastUpdated, objectUpdated)),
  };
}

function metaView(metadata: ObjectMetadata) {
  return {
    bucket: metadata.bucket,
    archiveId: metadata.key,
    content_url: describeObject(metadata),
    digest: metadata.digest ?? null,
    is_compressed: metadata.codec !== 'identity',
    size: metadata.size,
  };
}

function textOf<K extends 'name' | 'description'>(bundle: PolicyBundleDocument, key: K): { [key in K]?: string } {
  const value = bundle[key];
  return (typeof value === 'string' ? { [key]: value } : {}) as { [key in K]?: string };
}
