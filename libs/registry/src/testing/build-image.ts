import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import type { Descriptor } from '../image-source.js';
import { MEDIA } from '../manifest/manifest.js';

/** A member of a layer. Type default `file`; mode default 0644 (0755 for directories); owner default 0:0. */
export interface LayerEntry {
  name: string;
  type?: Header['type'];
  content?: Buffer | string;
  /** Permission bits, setuid and friends included. */
  mode?: number;
  uid?: number;
  gid?: number;
  uname?: string;
  gname?: string;
  linkname?: string;
}

/** A small image to be made for a test. */
export interface ImageSpec {
  /** Base first. */
  layers: LayerEntry[][];
  /** Members of the image configuration that replace or add to the default ones (linux/amd64, one history step a layer). */
  config?: Record<string, unknown>;
  /** Default gzip. */
  compression?: 'gzip' | 'zstd' | 'none';
  /** Manifest and media types of Docker schema 2 instead of OCI. Docker has no zstd layers. */
  docker?: boolean;
}

export interface LayoutOptions {
  /** `ref.name` in index.json; default `latest`. */
  tag?: string;
}

/** What was written: every digest `sha256:<hex>`. */
export interface BuiltImage {
  /** Of the manifest; of the index for {@link buildMultiArchLayout}. */
  digest: string;
  mediaType: string;
  manifestSize: number;
  configDigest: string;
  layers: Descriptor[];
  diffIds: string[];
}

/**
 * Writes an OCI image layout with one image into a directory. Equal specs give equal bytes: times are fixed.
 */
export async function buildLayout(
  directory: string,
  spec: ImageSpec,
  { tag = 'latest' }: LayoutOptions = {},
): Promise<BuiltImage> {
  const built = await writeImage(directory, spec);
  await writeIndexFile(directory, [entryOf(built, tag)]);
  return built;
}

/** Writes an OCI image layout whose one tag leads to an index with an image for each platform. */
export async function buildMultiArchLayout(
  directory: string,
  images: { platform: { os: string; architecture: string; variant?: string }; spec: ImageSpec }[],
  { tag = 'latest', docker = false }: LayoutOptions & { docker?: boolean } = {},
): Promise<{ digest: string; images: BuiltImage[] }> {
  const built: BuiltImage[] = [];
  for (const { platform, spec } of images) {
    const config = { ...platform, ...spec.config };
    built.push(await writeImage(directory, { ...spec, docker, config }));
  }
  const manifests = built.map((image, index) => ({ ...entryOf(image), platform: images[index]?.platform }));
  const mediaType = docker ? MEDIA.dockerList : MEDIA.ociIndex;
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  const digest = await writeBlob(directory, index);
  await writeIndexFile(directory, [
    { mediaType, digest, size: index.length, annotations: { 'org.opencontainers.image.ref.name': tag } },
  ]);
  return { digest, images: built };
}

/** Writes the archive that `docker save` of one image gives: manifest.json, config, plain layers (or as compressed). */
export async function buildDockerArchive(
  file: string,
  { compression = 'none', ...rest }: ImageSpec,
  { tags = ['kedge/test:latest'] }: { tags?: string[] } = {},
): Promise<{ configDigest: string; diffIds: string[] }> {
  const { config, layers } = await makeImage({ ...rest, compression });
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  const names: string[] = [];
  for (const { bytes } of layers) {
    const name = `${sha256(bytes).slice('sha256:'.length)}/layer.tar`;
    if (!names.includes(name)) archive.entry({ name }, bytes);
    names.push(name);
  }
  const configDigest = sha256(config);
  const configName = `${configDigest.slice('sha256:'.length)}.json`;
  archive.entry({ name: configName }, config);
  archive.entry({ name: 'manifest.json' }, JSON.stringify([{ Config: configName, RepoTags: tags, Layers: names }]));
  archive.finalize();
  await written;
  return { configDigest, diffIds: layers.map(({ diffId }) => diffId) };
}

/** Packs entries into a plain tar, as a layer holds them. */
export async function buildLayerTar(entries: readonly LayerEntry[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const { name, type = 'file', content = '', mode, uid = 0, gid = 0, uname, gname, linkname } of entries) {
    const header = { name, type, uid, gid, uname, gname, linkname, mtime: new Date(0) };
    const withMode = { ...header, mode: mode ?? (type === 'directory' ? 0o755 : 0o644) };
    if (type === 'file') archive.entry(withMode, Buffer.from(content));
    else archive.entry(withMode);
  }
  archive.finalize();
  return bytes;
}

interface MadeLayer {
  bytes: Buffer;
  diffId: string;
  mediaType: string;
}

async function makeImage(spec: ImageSpec): Promise<{ config: Buffer; layers: MadeLayer[] }> {
  const { compression = 'gzip', docker = false } = spec;
  const layers: MadeLayer[] = [];
  for (const entries of spec.layers) {
    const tar = await buildLayerTar(entries);
    const bytes = compression === 'gzip' ? gzipSync(tar) : compression === 'zstd' ? zstdCompressSync(tar) : tar;
    layers.push({ bytes, diffId: sha256(tar), mediaType: layerType(compression, docker) });
  }
  const config = {
    created: '1970-01-01T00:00:00Z',
    os: 'linux',
    architecture: 'amd64',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((_layer, index) => ({ created: '1970-01-01T00:00:00Z', created_by: `layer ${index}` })),
    ...spec.config,
  };
  return { config: Buffer.from(JSON.stringify(config)), layers };
}

function layerType(compression: 'gzip' | 'zstd' | 'none', docker: boolean): string {
  if (docker) return `application/vnd.docker.image.rootfs.diff.tar${compression === 'none' ? '' : `.${compression}`}`;
  return `${MEDIA.ociLayer}${compression === 'none' ? '' : `+${compression}`}`;
}

async function writeImage(directory: string, spec: ImageSpec): Promise<BuiltImage> {
  const { config, layers } = await makeImage(spec);
  const configDigest = await writeBlob(directory, config);
  const descriptors: Descriptor[] = [];
  for (const { bytes, mediaType } of layers) {
    descriptors.push({ mediaType, digest: await writeBlob(directory, bytes), size: bytes.length });
  }
  const mediaType = spec.docker ? MEDIA.dockerManifest : MEDIA.ociManifest;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: {
        mediaType: spec.docker ? MEDIA.dockerConfig : MEDIA.ociConfig,
        digest: configDigest,
        size: config.length,
      },
      layers: descriptors,
    }),
  );
  const digest = await writeBlob(directory, manifest);
  const diffIds = layers.map(({ diffId }) => diffId);
  return { digest, mediaType, manifestSize: manifest.length, configDigest, layers: descriptors, diffIds };
}

function entryOf({ digest, mediaType, manifestSize }: BuiltImage, tag?: string): Record<string, unknown> {
  const annotations = tag === undefined ? undefined : { 'org.opencontainers.image.ref.name': tag };
  return { mediaType, digest, size: manifestSize, ...(annotations && { annotations }) };
}

async function writeIndexFile(directory: string, manifests: unknown[]): Promise<void> {
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function writeBlob(directory: string, bytes: Buffer): Promise<string> {
  const digest = sha256(bytes);
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  await writeFile(blobPath(directory, digest), bytes);
  return digest;
}

/** Path of a blob in an OCI layout directory. */
export function blobPath(directory: string, digest: string): string {
  return join(directory, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
