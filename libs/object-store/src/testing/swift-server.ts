import { execFile } from 'node:child_process';
import { above } from './test-program.js';

/** A running Swift with its S3 API, and its two users; see tools/servers/swift.sh. */
export interface SwiftServer {
  /** TempAuth, ends in /auth/v1.0. */
  authUrl: string;
  /** `account:user` with all rights. */
  user: string;
  key: string;
  storageUrl: string;
  /** host:port of the memcached that knows the login tokens. */
  memcached: string;
  /** A user of the same account who may do nothing. */
  guest: { user: string; key: string };
  s3: { url: string; region: string; accessKey: string; secretKey: string };
}

// The first start on a machine installs Debian's packages.
const START_MS = 8 * 60 * 1000;

/**
 * The Swift server of this test run. The first caller of whichever test process starts it, the others find it running;
 * the set-up of the integration ring names its folder (KEDGE_TEST_SWIFT_DIR) and ends it after the last test.
 */
export function swiftServer(): Promise<SwiftServer> {
  running ??= start();
  return running;
}

let running: Promise<SwiftServer> | undefined;

async function start(): Promise<SwiftServer> {
  const directory = process.env.KEDGE_TEST_SWIFT_DIR;
  if (!directory) throw new Error('KEDGE_TEST_SWIFT_DIR is not set: Swift is for integration tests (*.int.spec.ts)');
  const values = new Map<string, string>();
  const owner = process.env.KEDGE_TEST_SWIFT_WITH;
  const answer = await run(above('tools/servers/swift.sh'), ['start', directory, ...(owner ? ['--with', owner] : [])]);
  for (const line of answer.split('\n')) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  const value = (name: string): string => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`tools/servers/swift.sh did not print ${name}`);
    return found;
  };
  return {
    authUrl: value('SWIFT_AUTH_URL'),
    user: value('SWIFT_USER'),
    key: value('SWIFT_KEY'),
    storageUrl: value('SWIFT_STORAGE_URL'),
    memcached: value('SWIFT_MEMCACHED'),
    guest: { user: 'test:guest', key: 'guest-key' },
    s3: {
      url: value('S3_URL'),
      region: value('S3_REGION'),
      accessKey: value('S3_ACCESS_KEY'),
      secretKey: value('S3_SECRET_KEY'),
    },
  };
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('bash', [command, ...args], { timeout: START_MS, maxBuffer: 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`swift.sh ${args.join(' ')} failed: ${stderr || error.message}`));
      else resolve(stdout);
    });
  });
}
