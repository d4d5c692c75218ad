// Finds rclone, or downloads Debian's package and unpacks it below .cache/ of this repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = join(dirname(fileURLToPath(import.meta.url)), '../../.cache');
const unpacked = join(cache, 'rclone/usr/bin/rclone');

/** Path of the program. */
export function rcloneProgram() {
  if (spawnSync('rclone', ['version'], { stdio: 'ignore' }).status === 0) return 'rclone';
  if (existsSync(unpacked)) return unpacked;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'rclone-'));
  try {
    run('apt-get', ['download', 'rclone'], work);
    const [archive] = readdirSync(work).filter((name) => name.endsWith('.deb'));
    run('dpkg-deb', ['-x', archive, 'tree'], work);
    renameSync(join(work, 'tree'), join(cache, 'rclone'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return unpacked;
}

/** Runs rclone without a configuration file of the machine; answers the seconds it took. */
export function rclone(args) {
  const program = rcloneProgram();
  const started = performance.now();
  run(program, ['--config', '/dev/null', ...args]);
  return (performance.now() - started) / 1000;
}

/** Copies a folder to an S3 server with 16 transfers at a time; answers the seconds it took. */
export function rcloneToS3(folder, s3, bucket) {
  const remote = `:s3,provider=Other,access_key_id="${s3.accessKey}",secret_access_key="${s3.secretKey}",endpoint="${s3.url}",region="${s3.region}":${bucket}`;
  const program = rcloneProgram(); // may download it, which is no part of the time
  const started = performance.now();
  run(program, ['copy', '--transfers', '16', '--checkers', '16', '--config', '/dev/null', folder, remote]);
  return (performance.now() - started) / 1000;
}

function run(program, args, cwd) {
  // rclone cannot take a bundle of certificates from the machine's environment, and loopback needs none.
  const { AWS_CA_BUNDLE: _, ...env } = process.env;
  const { status, stderr, error } = spawnSync(program, args, { cwd, env, timeout: 1_800_000 });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? String(stderr).trim().slice(-500)}`);
}
