// Makes an OCI layout with one image of about 500 MB for the analysis bench: two layers, files of the sizes of a system
// image (many small texts, some large binaries), content that compresses about as well as theirs.
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import tar from 'tar-stream';

const LAYERS = [
  { small: 16_000, large: 20 },
  { small: 14_000, large: 12 },
];

/** Writes the layout into `folder` and answers it. */
export async function generateLayout(folder) {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const layers = [];
  const diffIds = [];
  for (const [index, shape] of LAYERS.entries()) {
    const { descriptor, diffId } = await writeLayer(folder, index, shape);
    layers.push(descriptor);
    diffIds.push(diffId);
  }
  const config = writeJson(folder, 'application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const manifest = writeJson(folder, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    config,
    layers,
  });
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return folder;
}

async function writeLayer(folder, index, shape) {
  const pack = tar.pack();
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const path = join(folder, 'layer');
  const written = pipeline(pack, tap(plain), createGzip({ level: 6 }), tap(packed), createWriteStream(path));
  for (const [name, size] of files(index, shape)) {
    await new Promise((resolve, reject) => {
      pack.entry({ name, size, mode: 0o644 }, content(size), (error) => (error ? reject(error) : resolve()));
    });
  }
  pack.finalize();
  await written;
  const digest = packed.digest('hex');
  renameSync(path, join(folder, 'blobs/sha256', digest));
  const { size } = statSync(join(folder, 'blobs/sha256', digest));
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  return { descriptor: { mediaType, digest: `sha256:${digest}`, size }, diffId: `sha256:${plain.digest('hex')}` };
}

function* files(index, shape) {
  for (let i = 0; i < shape.small; i += 1)
    yield [`usr/share/part-${index}/${i % 97}/file-${i}.txt`, 200 + ((i * 7919) % 14_000)];
  for (let i = 0; i < shape.large; i += 1)
    yield [`usr/lib/part-${index}/library-${i}.so`, (4 + (i % 12)) * 1024 * 1024];
}

const NOISE = randomBytes(4 * 1024 * 1024);
const WORDS =
  'the library of every package keeps a table with names, sizes and offsets; it is read once at the start\n';

/** Half noise, half text in alternating runs of 512 bytes. */
function content(size) {
  const bytes = Buffer.alloc(size, WORDS);
  const from = (size * 31) % (NOISE.length / 2);
  for (let at = 0; at < size; at += 1024)
    NOISE.copy(
      bytes,
      at,
      (from + at) % (NOISE.length / 2),
      ((from + at) % (NOISE.length / 2)) + Math.min(512, size - at),
    );
  return bytes;
}

function tap(hash) {
  return new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

function writeJson(folder, mediaType, value) {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(folder, 'blobs/sha256', digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}
