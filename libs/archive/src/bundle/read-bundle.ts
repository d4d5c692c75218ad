import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { ArchiveError } from '../errors.js';
import { archiveManifestSchema, MANIFEST_MEMBER, type ArchiveManifest } from './archive-manifest.js';

/** A member as its header says it. `content` must be read to its end or destroyed before the next one. */
export interface ReadMember {
  name: string;
  size: number;
  content: Readable;
}

/** Most members of a bundle; the largest have one for each evaluation ever made. */
const MAX_MEMBERS = 100_000;
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * The members of a bundle in their order, the manifest included. The bundle may be hostile: names are flat, members are
 * regular files and distinct, and their number is limited.
 *
 * @throws ArchiveError `invalid_bundle`; the error of `bundle` itself when that fails.
 */
export async function* readBundle(bundle: Readable): AsyncGenerator<ReadMember> {
  const entries = extract();
  let sourceError: Error | undefined;
  bundle.once('error', (error) => (sourceError = error));
  const flow = pipeline(bundle, createGunzip(), entries);
  flow.catch(() => undefined); // reported below, by whoever waits for the next entry
  const seen = new Set<string>();
  try {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header;
      if (type !== 'file') throw invalid(`member ${JSON.stringify(name)} is no regular file`);
      if (name === '' || name.includes('/') || name.length > 255) {
        throw invalid(`member name ${JSON.stringify(name.slice(0, 80))} is not allowed`);
      }
      if (seen.has(name)) throw invalid(`member ${JSON.stringify(name)} occurs twice`);
      if (seen.size >= MAX_MEMBERS) throw invalid(`it has more than ${MAX_MEMBERS} members`);
      seen.add(name);
      const content = Readable.from(entry, { objectMode: false });
      yield { name, size, content };
      if (!content.readableEnded) content.resume();
    }
    await flow;
  } catch (error) {
    if (sourceError) throw sourceError;
    if (error instanceof ArchiveError || !isFormatError(error)) throw error;
    throw invalid((error as Error).message, error);
  } finally {
    bundle.destroy();
    entries.destroy();
  }
}

/**
 * Reads a whole bundle and proves it: the manifest is well-formed, names no member that is missing, and lengths and
 * SHA-256 digests are those recorded (bundles of the old system record no digests).
 *
 * @throws ArchiveError `invalid_bundle`
 */
export async function inspectBundle(bundle: Readable): Promise<ArchiveManifest> {
  const members = new Map<string, { bytes: number; sha256: string }>();
  let text: Buffer | undefined;
  for await (const { name, size, content } of readBundle(bundle)) {
    if (name === MANIFEST_MEMBER) {
      if (size > MAX_MANIFEST_BYTES) throw invalid(`its manifest is larger than ${MAX_MANIFEST_BYTES} bytes`);
      text = Buffer.concat(await content.toArray());
      continue;
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of content as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    members.set(name, { bytes, sha256: hash.digest('hex') });
  }
  if (!text) throw invalid('it has no manifest');
  const manifest = parseManifest(text);
  for (const { dest, metadata } of manifest.artifacts) {
    const found = members.get(dest.tarfile_path);
    if (!found) throw invalid(`member ${JSON.stringify(dest.tarfile_path)} of its manifest is missing`);
    const { bytes_copied: bytes, sha256 } = metadata ?? {};
    if ((bytes !== undefined && bytes !== found.bytes) || (sha256 !== undefined && sha256 !== found.sha256)) {
      throw invalid(`member ${JSON.stringify(dest.tarfile_path)} is not what its manifest records`);
    }
  }
  return manifest;
}

function parseManifest(text: Buffer): ArchiveManifest {
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (error) {
    throw invalid('its manifest is no JSON', error);
  }
  const parsed = archiveManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`its manifest is malformed at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? ''}`);
}

function invalid(why: string, cause?: unknown): ArchiveError {
  return new ArchiveError('invalid_bundle', `the archive bundle cannot be used: ${why}`, cause);
}

/** Complaints of zlib (`Z_...` codes) and of tar-stream, which have no code. */
function isFormatError(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === undefined || code.startsWith('Z_');
}
