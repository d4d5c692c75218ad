// The floor of an analysis: inflating a layer, and SHA-1, SHA-256 and MD5 of it at the same time, by native tools.
import { spawnSync } from 'node:child_process';

const SCRIPT =
  'case "$(head -c4 "$0" | od -An -tx1 | tr -d " ")" in 1f8b*) c=zcat;; 28b52ffd) c="zstd -dc";; *) c=cat;; esac; ' +
  '$c < "$0" | tee >(sha1sum > /dev/null) >(sha256sum > /dev/null) | md5sum > /dev/null; wait';

/** Seconds for the blob in that file. */
export function nativeSeconds(path) {
  const started = performance.now();
  const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', SCRIPT, path], { timeout: 600_000 });
  if (status !== 0) throw new Error(`native tools failed on ${path}: ${String(stderr)}`);
  return (performance.now() - started) / 1000;
}
