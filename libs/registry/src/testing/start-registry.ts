import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Secret } from '@kedge/config';
import type { Credentials } from '../credentials.js';

const run = promisify(execFile);
/** The same from src/testing and dist/testing. */
const SCRIPT = resolve(__dirname, '../../../../tools/servers/registry.sh');
/** The first start may have to download the program. */
const START_TIMEOUT_MS = 180_000;

export interface RegistryServerOptions {
  /** Want the test login; the result tells it. */
  auth?: boolean;
  /** Serve HTTPS with these PEM files. */
  tls?: { cert: string; key: string };
  /** Want bearer tokens from this realm, signed by the key of this PEM certificate; issuer and service `kedge-test`. */
  token?: { realm: string; cert: string };
}

export interface RegistryServer {
  /** `127.0.0.1:41234` */
  host: string;
  /** `http://127.0.0.1:41234` */
  url: string;
  /** With `auth` only. */
  credentials?: Credentials;
  /** The server's data directory, for tests that damage what is stored. */
  dataDirectory: string;
  stop(): Promise<void>;
}

/** Starts a real Docker Distribution on loopback with an empty store, through tools/servers/registry.sh. */
export async function startRegistry({ auth = false, tls, token }: RegistryServerOptions = {}): Promise<RegistryServer> {
  const directory = await mkdtemp(join(tmpdir(), 'kedge-registry-'));
  const flags = [
    ...(auth ? ['--auth'] : []),
    ...(tls ? ['--tls', tls.cert, tls.key] : []),
    ...(token ? ['--token', token.realm, token.cert] : []),
  ];
  let output: string;
  try {
    output = (await run('bash', [SCRIPT, 'start', directory, ...flags], { timeout: START_TIMEOUT_MS })).stdout;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  const env = new Map(
    output.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  // A test run that ends without stop() must not leave a server behind.
  const onExit = (): void => void execFileSync('bash', [SCRIPT, 'stop', directory]);
  process.once('exit', onExit);
  const username = env.get('REGISTRY_USER') ?? '';
  return {
    host: env.get('REGISTRY_HOST') ?? '',
    url: env.get('REGISTRY_URL') ?? '',
    ...(username && { credentials: { username, password: new Secret(env.get('REGISTRY_PASSWORD') ?? '') } }),
    dataDirectory: join(directory, 'data'),
    async stop() {
      process.removeListener('exit', onExit);
      await run('bash', [SCRIPT, 'stop', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
