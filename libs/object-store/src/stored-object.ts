import type { Codec } from './codecs.js';
import type { ObjectId } from './object-id.js';

/** Content at a location, with all that is needed to read and prove it. */
export interface StoredObject {
  uri: string;
  codec: Codec;
  /** Bytes of the plain content. Of content adopted from the old system: bytes stored, like `storedSize`. */
  size: number;
  /** Bytes stored. */
  storedSize: number;
  /**
   * `sha256:<hex>` of the plain content. Content adopted from the old system has the bare hex MD5 of the *stored* bytes,
   * or nothing at all; then only that much can be checked.
   */
  digest?: string;
}

/** Content that was written a moment ago. */
export interface WrittenObject extends StoredObject {
  /** True when the backend has proven the stored bytes itself; see StoredContent. */
  proven?: true;
}

/** One row of `archive_metadata`: an object and where its content is. */
export interface ObjectMetadata extends ObjectId, StoredObject {
  createdAt: Date;
  lastUpdated: Date;
}
