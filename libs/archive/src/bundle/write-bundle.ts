import { createHash } from 'node:crypto';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { MANIFEST_MEMBER, type ArchiveArtifact, type ArchiveManifest } from './archive-manifest.js';

/** One member of a bundle to be written. */
export interface BundleMember {
  name: string;
  /** The object it is taken from; null when it is none. */
  source: { bucket: string; key: string } | null;
  /** Bytes; a tar header comes before the content. */
  size: number;
  /** Further facts for the manifest. */
  metadata?: Record<string, unknown>;
  content: Readable;
}

export type BundleHead = Pick<ArchiveManifest, 'account' | 'image_digest' | 'metadata'>;

/**
 * Writes a bundle: a gzip-compressed tar of the members (owner 0, mode 0644, time 0) and, last, the manifest. Members
 * are opened one after another while the result is read; nothing is held whole but the manifest.
 *
 * The stream fails with whatever a member's stream fails with, or when a member is not as long as it said.
 */
export function writeBundle(head: BundleHead, members: AsyncIterable<BundleMember>): Readable {
  const archive = pack();
  const gzip = createGzip();
  // Both ends learn of a failure through the streams themselves; the reader of `gzip` sees it.
  pipeline(archive, gzip).catch(() => undefined);
  fill(archive, head, members).catch((error: Error) => archive.destroy(error));
  return gzip;
}

async function fill(archive: Pack, head: BundleHead, members: AsyncIterable<BundleMember>): Promise<void> {
  const artifacts: ArchiveArtifact[] = [];
  for await (const member of members) {
    const meter = new Meter();
    const entry = archive.entry(header(member.name, member.size));
    await pipeline(member.content, meter, entry);
    artifacts.push({
      name: member.name,
      source: member.source,
      dest: { tarfile_path: member.name },
      metadata: {
        completed_at: `${new Date().toISOString().slice(0, 19)}Z`,
        bytes_copied: meter.bytes,
        sha256: meter.hash.digest('hex'),
        ...member.metadata,
      },
    });
  }
  const manifest: ArchiveManifest = {
    account: head.account,
    image_digest: head.image_digest,
    archived_at: new Date().toISOString().replace('Z', '000'),
    metadata: head.metadata ?? null,
    artifacts,
  };
  const text = Buffer.from(JSON.stringify(manifest));
  await pipeline(Readable.from([text]), archive.entry(header(MANIFEST_MEMBER, text.length)));
  archive.finalize();
}

function header(name: string, size: number) {
  return { name, size, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };
}

/** Counts and digests what passes. */
class Meter extends Transform {
  bytes = 0;
  readonly hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.hash.update(chunk);
    done(null, chunk);
  }
}
