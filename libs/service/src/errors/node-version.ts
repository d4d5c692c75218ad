import { UsageError } from './usage-error.js';

/** The first with zstd. `engines` of package.json admits older ones, with which npm can fetch the right one. */
const LEAST = [22, 15] as const;

/**
 * Refuses a Node.js that lacks what Kedge needs. `npm` and `npx` run the one that the lock file brings, but a bare `node` may
 * be the machine's own, and would fail later and for no visible reason.
 *
 * @throws UsageError
 */
export function requireNodeVersion(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return;
  throw new UsageError(
    `Kedge needs Node.js ${LEAST.join('.')} or newer, and this is ${version}; ` +
      "in Kedge's folder `npx anchore-manager ...` and `npx node dist/apps/...` run the one that it brings",
  );
}
