// Makes the OCI layouts of `npm run bench -- analyze` that are large in one way or another.
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { content, generateLayout, tarHeader, writeImage } from './analyze-layout.mjs';

const PIECE = 16 * 1024 * 1024;

/** Names of the images, and what they are. */
export const SHAPES = {
  full: 'an image of about 500 MB',
  'one-file': 'an image of one file of 2 GiB',
  'many-files': 'an image of 200 000 small files',
  dpkg: 'an image of 400 000 files in 400 packages of dpkg',
  large: 'an image of 5 GB',
};

/** Writes the image into `folder` and answers that. */
export async function generateShape(folder, shape) {
  if (shape === 'full') return generateLayout(folder);
  const layers = [];
  if (shape === 'one-file') layers.push(await writePacked(folder, largeFiles('one', 1, 128)));
  if (shape === 'many-files') layers.push(await writePacked(folder, smallFiles('many', 200_000, 500)));
  if (shape === 'dpkg') layers.push(await writePacked(folder, dpkgFiles(400, 1000)));
  if (shape === 'large') {
    for (let index = 0; index < 5; index += 1) {
      layers.push(
        await writePacked(folder, both(largeFiles(`l${index}`, 9, 6), smallFiles(`s${index}`, 10_000, 7000))),
      );
    }
  }
  writeImage(folder, layers);
  return folder;
}

function* both(first, second) {
  yield* first;
  yield* second;
}

/** Files of so many pieces of 16 MiB; a piece is compressed once and used again, as members of gzip may be. */
function* largeFiles(name, count, pieces) {
  const piece = content(PIECE);
  const packed = gzipSync(piece, { level: 6 });
  for (let index = 0; index < count; index += 1) {
    yield part(tarHeader(`opt/${name}/large-${index}.bin`, pieces * PIECE));
    for (let at = 0; at < pieces; at += 1) yield { plain: piece, packed };
  }
}

function* smallFiles(name, count, meanSize) {
  let entries = [];
  for (let index = 0; index < count; index += 1) {
    entries.push(
      ...file(`usr/share/${name}/${index % 997}/file-${index}`, content(1 + ((index * 7919) % (2 * meanSize)))),
    );
    if (entries.length < 1000) continue;
    yield part(Buffer.concat(entries));
    entries = [];
  }
  yield part(Buffer.concat(entries));
}

function* dpkgFiles(packages, filesEach) {
  const status = [];
  for (let index = 0; index < packages; index += 1) {
    const name = `package-${index}`;
    status.push(
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${index}\nMaintainer: M\n`,
    );
    const entries = [];
    const list = [];
    const sums = [];
    for (let at = 0; at < filesEach; at += 1) {
      const path = `usr/lib/${name}/part-${at % 10}/file-${at}`;
      const bytes = Buffer.from(`${name} ${at}\n`);
      entries.push(...file(path, bytes));
      list.push(`/${path}`);
      sums.push(`${createHash('md5').update(bytes).digest('hex')}  ${path}`);
    }
    entries.push(...file(`var/lib/dpkg/info/${name}.list`, Buffer.from(`${list.join('\n')}\n`)));
    entries.push(...file(`var/lib/dpkg/info/${name}.md5sums`, Buffer.from(`${sums.join('\n')}\n`)));
    yield part(Buffer.concat(entries));
  }
  yield part(Buffer.concat(file('var/lib/dpkg/status', Buffer.from(status.join('\n')))));
}

function file(path, bytes) {
  return [tarHeader(path, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}

function part(plain) {
  return { plain, packed: gzipSync(plain, { level: 1 }) };
}

/** Writes a layer of gzip members. */
async function writePacked(folder, parts) {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const [plain, packed] = [createHash('sha256'), createHash('sha256')];
  const path = join(folder, 'layer');
  const members = function* () {
    for (const each of both(parts, [part(Buffer.alloc(1024))])) {
      plain.update(each.plain);
      packed.update(each.packed);
      yield each.packed;
    }
  };
  await pipeline(members(), createWriteStream(path));
  const digest = packed.digest('hex');
  renameSync(path, join(folder, 'blobs/sha256', digest));
  const { size } = statSync(join(folder, 'blobs/sha256', digest));
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  return { descriptor: { mediaType, digest: `sha256:${digest}`, size }, diffId: `sha256:${plain.digest('hex')}` };
}
