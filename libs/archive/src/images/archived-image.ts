/** `archiving` -> `archived` -> `deleting` -> the row is gone. */
export type ArchivedStatus = 'archiving' | 'archived' | 'deleting';

/** A tag under which an image was archived. Times are seconds since 1970. */
export interface ArchivedTag {
  registry: string;
  repository: string;
  tag: string;
  imageId: string | null;
  detectedAt: number | null;
  createdAt: number;
  lastUpdated: number;
}

/** An image in the analysis archive. Times are seconds since 1970. */
export interface ArchivedImage {
  account: string;
  imageDigest: string;
  parentDigest: string | null;
  status: ArchivedStatus;
  annotations: Record<string, unknown>;
  analyzedAt: number | null;
  /** When it was archived. */
  createdAt: number;
  lastUpdated: number;
  /** Bytes of the bundle, before the store compresses it; null until `archived`. */
  bundleBytes: number | null;
  /** Where the bundle is an object; null until `archived`. */
  bundle: { bucket: string; key: string } | null;
  tags: ArchivedTag[];
}

/** Sums over the archive of one account. */
export interface ArchiveSummary {
  images: number;
  tags: number;
  bytes: number;
  /** Null when there are none. */
  lastUpdated: number | null;
}
