import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { ImageInventory } from '../image-inventory.js';

const FIND_PROGRAM = resolve(__dirname, '../../../../tools/programs/find-program.sh');
const PROGRAM_TIMEOUT_MS = 180_000;
const TYPES = { file: 'f', dir: 'd', slink: 'l', char: 'c', block: 'b', fifo: 'p' };
const DIGESTS = ['sha1', 'sha256', 'md5'] as const;

/** Only root can give files away; for others umoci makes all of them the user's, who then stands for the image's root. */
export const isRoot = process.getuid?.() === 0;

let umoci: string | undefined;

/**
 * Unpacks the image of a layout with umoci and describes what lies on disk, by find and the checksum programs: a line a
 * path with type, mode, owner, size, time, link target and the three digests, sorted. Directories have no time, as
 * unpacking changes it. Throws when a program fails or cannot be had.
 */
export function unpackedTree(layout: string, bundle: string): string[] {
  umoci ??= run('bash', [FIND_PROGRAM, 'umoci', 'umoci']).trim();
  run(umoci, ['unpack', ...(isRoot ? [] : ['--rootless']), '--image', `${layout}:image`, bundle]);
  const root = join(bundle, 'rootfs');
  const sums = DIGESTS.map((kind) => checksums(root, kind));
  const format = '%P\\t%y\\t%m\\t%U:%G\\t%s\\t%Ts\\t%l\\0';
  const listed = run('find', [root, '-mindepth', '1', '-printf', format]);
  return listed
    .split('\0')
    .filter(Boolean)
    .map((record) => {
      const [path = '', type = '', mode = '', owner = '', size = '', time = '', target = ''] = record.split('\t');
      const digests = type === 'f' ? sums.map((sum) => sum.get(path) ?? 'none') : [];
      const facts = [`/${path}`, type, mode, isRoot ? owner : '0:0', type === 'f' ? size : '0'];
      return line([...facts, type === 'd' ? '' : (time.split('.')[0] ?? ''), target], digests);
    })
    .sort();
}

/** The same lines of an image that Kedge merged. */
export function mergedTree(image: ImageInventory): string[] {
  return [...image.entries]
    .map((entry) => {
      const { path, type, mode, uid, gid, size, mtime, linkTarget = '' } = entry;
      const digests = DIGESTS.map((kind) => entry[kind] ?? '').filter((digest) => digest !== '');
      const facts = [path, TYPES[type], mode.toString(8), `${uid}:${gid}`, String(size)];
      return line([...facts, type === 'dir' ? '' : String(mtime), linkTarget], digests);
    })
    .sort();
}

function line(facts: readonly string[], digests: readonly string[]): string {
  return [...facts, ...digests].join(' | ');
}

function checksums(root: string, kind: (typeof DIGESTS)[number]): Map<string, string> {
  const listed = run('find', ['.', '-type', 'f', '-exec', `${kind}sum`, '--zero', '{}', '+'], root);
  return new Map(
    listed
      .split('\0')
      .filter(Boolean)
      .map((record) => {
        const at = record.indexOf('  ');
        return [record.slice(at + 4), record.slice(0, at)];
      }),
  );
}

function run(program: string, args: readonly string[], cwd?: string): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    timeout: PROGRAM_TIMEOUT_MS,
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    ...(cwd === undefined ? {} : { cwd }),
  });
}
