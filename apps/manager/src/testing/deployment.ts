import { Secret } from '@kedge/config';
import { EmbeddedPostgres } from '@kedge/database';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { Api } from '../quickstart/api.js';

const APPS = resolve(__dirname, '../../../../dist/apps');
const READY_MS = 60_000;
const COMMAND_MS = 180_000;
export const SAMPLE_DIRECTORY = resolve(__dirname, '../../../../samples');

export type App = 'catalog' | 'policy-engine' | 'analyzer';

/** What a command printed and how it ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * An installation as an operator has one: a PostgreSQL that is reached by TCP and a password, a config.yaml, and each
 * service as a process of its own, started from the built programs (`npm test` builds first).
 */
export class Deployment {
  readonly adminPassword = new Secret('kedge-test-admin');
  readonly databasePassword = 'kedge-test-db';
  private readonly services = new Map<App, ServiceProcess>();

  private constructor(
    readonly directory: string,
    private readonly postgres: EmbeddedPostgres,
    private readonly port: number,
  ) {}

  static async create(): Promise<Deployment> {
    if (!existsSync(join(APPS, 'catalog/main.js'))) throw new Error('the programs are not built; run: npm run build');
    const directory = await mkdtemp(join(tmpdir(), 'kedge-deploy-'));
    await chmod(directory, 0o755);
    const port = await freePort();
    const tcp = { port, password: 'kedge-test-db' };
    const postgres = await EmbeddedPostgres.start({ directory: join(directory, 'pg'), tcp, durable: false });
    return new Deployment(directory, postgres, port);
  }

  /** The database as the old system's users write it. */
  get databaseUrl(): string {
    return `postgresql+pg8000://postgres:${this.databasePassword}@127.0.0.1:${this.port}/postgres`;
  }

  /**
   * Writes a configuration with this object store, whatever else `catalog` says, and other top-level keys; answers the
   * file.
   */
  async writeConfig(
    name: string,
    objectStore: unknown,
    catalog: Record<string, unknown> = {},
    others: Record<string, unknown> = {},
  ): Promise<string> {
    const service = { enabled: true, listen: '127.0.0.1', port: 0 };
    const local = { local_image_directories: [SAMPLE_DIRECTORY, this.directory] };
    const config = {
      tmp_dir: join(this.directory, 'scratch'),
      host_id: 'deployment',
      default_admin_password: this.adminPassword.reveal(),
      credentials: { database: { db_connect: this.databaseUrl, db_connect_args: { timeout: 10, ssl: false } } },
      services: {
        catalog: { ...service, ...local, object_store: objectStore, ...catalog },
        policy_engine: service,
        analyzer: { ...service, ...local },
      },
      ...others,
    };
    const file = join(this.directory, name);
    await writeFile(file, stringify(config));
    return file;
  }

  /** Runs `anchore-manager`, with `input` on its stdin. */
  async manager(args: string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
    return ended(startProgram('manager', args, options.env), options.input);
  }

  /** Runs many command lines of `anchore-manager` in one process; see ../secrets/run-batch.ts for what it prints. */
  async batch(commands: string[][]): Promise<Ended> {
    return ended(startFile(join(APPS, 'manager/secrets/run-batch.js'), []), JSON.stringify(commands));
  }

  /** Starts a service and waits until it says that it is ready. */
  async start(app: App, config: string): Promise<void> {
    this.services.set(app, await ServiceProcess.start(app, config));
  }

  async startAll(config: string): Promise<void> {
    for (const app of ['catalog', 'policy-engine', 'analyzer'] as const) await this.start(app, config);
  }

  /** Stops services by SIGTERM; answers their exit codes. */
  async stopAll(): Promise<number[]> {
    const codes = await Promise.all([...this.services.values()].map((service) => service.stop()));
    this.services.clear();
    return codes;
  }

  service(app: App): ServiceProcess {
    const service = this.services.get(app);
    if (!service) throw new Error(`${app} is not running`);
    return service;
  }

  get api(): Api {
    return new Api(this.service('catalog').url, this.adminPassword);
  }

  stopDatabase(): Promise<void> {
    return this.postgres.stop();
  }

  async tearDown(): Promise<void> {
    await this.stopAll();
    await this.postgres.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A service in a process of its own. */
export class ServiceProcess {
  private constructor(
    readonly child: ChildProcess,
    /** Where it listens. */
    readonly url: string,
  ) {}

  static async start(app: App, config: string): Promise<ServiceProcess> {
    const child = startProgram(app, ['--config', config]);
    let log = '';
    const url = await new Promise<string>((resolveUrl, reject) => {
      const timer = setTimeout(() => reject(new Error(`${app} was not ready in time:\n${log}`)), READY_MS);
      child.once('exit', (code) => reject(new Error(`${app} ended with ${code}:\n${log}`)));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-20_000);
        const line = log.split('\n').find((candidate) => candidate.includes('is ready'));
        if (line === undefined || !line.endsWith('}')) return;
        clearTimeout(timer);
        resolveUrl((JSON.parse(line) as { url: string }).url);
      });
    });
    return new ServiceProcess(child, url);
  }

  /** Ends it by SIGTERM and answers its exit code. */
  async stop(): Promise<number> {
    const exit = once(this.child, 'exit') as Promise<[number]>;
    if (this.child.exitCode !== null) return this.child.exitCode;
    this.child.kill('SIGTERM');
    return (await exit)[0];
  }
}

/** Runs one of the programs to its end; `through` is a command that runs the one behind it, such as `prlimit`. */
export function runProgram(
  app: App | 'manager',
  args: string[],
  env?: NodeJS.ProcessEnv,
  through?: string[],
): Promise<Ended> {
  return ended(startProgram(app, args, env, through));
}

/** Starts one of the programs, with pipes for its streams. */
export function startProgram(
  app: App | 'manager',
  args: string[],
  env?: NodeJS.ProcessEnv,
  through?: string[],
): ChildProcess {
  return startFile(join(APPS, app, 'main.js'), args, env, through);
}

function startFile(file: string, args: string[], env: NodeJS.ProcessEnv = {}, through: string[] = []): ChildProcess {
  const [program = process.execPath, ...behind] = [...through, process.execPath, file, ...args];
  return spawn(program, behind, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
}

async function ended(child: ChildProcess, input = ''): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
  const closed = once(child, 'close') as Promise<[number | null]>;
  child.stdin?.end(input);
  const [code] = await closed;
  clearTimeout(timer);
  return { code, ...output };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
