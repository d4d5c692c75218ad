// Makes OCI layouts for the benches: layers with files of the sizes of a system image (many small texts, some large
// binaries), whose content compresses about as well as theirs.
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

/** Writes an image of about 500 MB into `folder` and answers that. */
export async function generateLayout(folder) {
  const layers = [];
  for (const [index, shape] of LAYERS.entries()) layers.push(await writeLayer(folder, index, shape));
  writeImage(folder, layers);
  return folder;
}

/** Writes the image of these layers; the layout holds no other. Answers the digests of its manifest and config. */
export function writeImage(folder, layers) {
  const config = writeJson(folder, 'application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const manifest = writeJson(folder, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return { digest: manifest.digest, imageId: config.digest.slice('sha256:'.length) };
}

/** Writes a layer with `shape.small` texts and `shape.large` binaries below folders named by `name`. */
export async function writeLayer(folder, name, shape) {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const pack = tar.pack();
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const path = join(folder, 'layer');
  const written = pipeline(pack, tap(plain), createGzip({ level: 6 }), tap(packed), createWriteStream(path));
  for (const [file, size] of files(name, shape)) {
    await new Promise((resolve, reject) => {
      pack.entry({ name: file, size, mode: 0o644 }, content(size), (error) => (error ? reject(error) : resolve()));
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

function* files(name, shape) {
  for (let i = 0; i < shape.small; i += 1)
    yield [`usr/share/part-${name}/${i % 97}/file-${i}.txt`, 200 + ((i * 7919) % 14_000)];
  for (let i = 0; i < shape.large; i += 1) yield [`usr/lib/part-${name}/library-${i}.so`, (4 + (i % 12)) * 1024 * 1024];
}

const NOISE = randomBytes(4 * 1024 * 1024);
const WORDS =
  'the library of every package keeps a table with names, sizes and offsets; it is read once at the start\n';

/** Tar header of a file of so many bytes. */
export function tarHeader(name, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  for (const [at, octal] of [
    [100, '0000644\0'],
    [108, '0000000\0'],
    [116, '0000000\0'],
    [136, '00000000000\0'],
    [257, 'ustar\x0000'],
  ]) {
    block.write(octal, at, 'latin1');
  }
  block[156] = 0x30;
  // Sizes of 8 GiB and more are binary (GNU, and pax readers).
  if (size < 8 ** 11) {
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  } else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Half noise, half text in alternating runs of 512 bytes. */
export function content(size) {
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
