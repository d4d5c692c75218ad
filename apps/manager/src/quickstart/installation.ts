import { databaseSettings, loadConfig, Secret } from '@kedge/config';
import { createDataSource, EmbeddedPostgres, upgradeSchema } from '@kedge/database';
import { createLogger, installJobQueue, type RunningService } from '@kedge/service';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { destination } from 'pino';
import { stringify } from 'yaml';
import { SERVICES } from '../service/service-definitions.js';
import { startServices, stopServices } from '../service/start-services.js';

/** The image in this repository, seen from the built program. */
const SAMPLE_IMAGE = `oci:${resolve(__dirname, '../../../../samples/image')}`;

/** An installation of Kedge in a folder of its own: embedded PostgreSQL, config.yaml, services in this process, logs. */
export class Installation {
  private services: RunningService[] = [];

  private constructor(
    /** Holds everything; stays when the quickstart ends. */
    readonly directory: string,
    /** What to analyse: a reference, or the location of a local image. */
    readonly image: string,
    readonly configFile: string,
    /** The same configuration with the object store in files. */
    readonly filesConfigFile: string,
    readonly adminPassword: Secret,
    private readonly postgres: EmbeddedPostgres,
  ) {}

  /** Starts the database and makes the schema; services come with {@link startServices}. */
  static async create(image = SAMPLE_IMAGE): Promise<Installation> {
    const wanted = withAbsolutePath(image);
    // A short path, since PostgreSQL's socket is in it; open to read, since the server may run as another user.
    const directory = await mkdtemp(join(tmpdir(), 'kedge-quickstart-'));
    await chmod(directory, 0o755);
    const postgres = await EmbeddedPostgres.start({ directory: join(directory, 'postgresql') });
    try {
      const password = new Secret(randomBytes(12).toString('base64url'));
      const config = configuration(directory, postgres.url, password, localDirectoryOf(wanted));
      const configFile = await writeConfig(join(directory, 'config.yaml'), config, { name: 'db', config: {} });
      const filesConfigFile = await writeConfig(join(directory, 'dest-config.yaml'), config, {
        name: 'localfs',
        config: { archive_data_dir: join(directory, 'objects') },
      });
      await mkdir(join(directory, 'scratch'));
      await makeSchema(configFile);
      return new Installation(directory, wanted, configFile, filesConfigFile, password, postgres);
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  get catalogUrl(): string {
    const catalog = this.services.find((service) => service.name === 'catalog');
    if (!catalog) throw new Error('the catalog is not running');
    return catalog.url;
  }

  /** Starts all services in this process; their logs go to `kedge.log`. */
  async startServices(): Promise<void> {
    const config = loadConfig(this.configFile);
    const logger = createLogger(
      { name: 'kedge', level: config.log_level },
      destination({ dest: join(this.directory, 'kedge.log'), sync: true }),
    );
    this.services = await startServices(SERVICES, config, { logger });
  }

  async stopServices(): Promise<void> {
    const running = this.services;
    this.services = [];
    await stopServices(running);
  }

  async close(): Promise<void> {
    try {
      await this.stopServices();
    } finally {
      await this.postgres.stop();
    }
  }
}

type Configuration = Record<string, unknown> & {
  services: Record<string, unknown> & { catalog: Record<string, unknown> };
};

function configuration(
  directory: string,
  databaseUrl: string,
  password: Secret,
  imageDirectory: string | undefined,
): Configuration {
  const local = imageDirectory === undefined ? [] : [imageDirectory];
  const service = { enabled: true, listen: '127.0.0.1', port: 0 };
  return {
    service_dir: directory,
    tmp_dir: join(directory, 'scratch'),
    log_level: 'INFO',
    host_id: 'quickstart',
    default_admin_password: password.reveal(),
    credentials: { database: { db_connect: databaseUrl, db_pool_size: 10 } },
    services: {
      catalog: { ...service, local_image_directories: local },
      policy_engine: { ...service, enable_package_db_load: true },
      analyzer: {
        ...service,
        max_threads: 1,
        layer_cache_enable: true,
        layer_cache_max_gigabytes: 1,
        // Shows the Python package and the jar that came with packages of the distribution, too.
        enable_owned_package_filtering: false,
        local_image_directories: local,
      },
    },
  };
}

async function writeConfig(
  file: string,
  config: Configuration,
  storageDriver: { name: string; config: Record<string, unknown> },
): Promise<string> {
  const objectStore = { compression: { enabled: true, min_size_kbytes: 100 }, storage_driver: storageDriver };
  const catalog = { ...config.services.catalog, object_store: objectStore };
  await writeFile(file, stringify({ ...config, services: { ...config.services, catalog } }), { mode: 0o600 });
  return file;
}

async function makeSchema(configFile: string): Promise<void> {
  const settings = databaseSettings(loadConfig(configFile));
  const dataSource = await createDataSource(settings);
  try {
    await upgradeSchema(dataSource);
    await installJobQueue(settings);
  } finally {
    await dataSource.destroy();
  }
}

const LOCAL = /^(oci|oci-archive|docker-archive):(.+)$/;

function withAbsolutePath(image: string): string {
  const [, scheme, path] = LOCAL.exec(image) ?? [];
  if (scheme === undefined || path === undefined) return image.replace(/^docker:\/\//, '');
  // npm runs scripts in the project's folder; the user's own is in INIT_CWD.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  return `${scheme}:${isAbsolute(path) ? path : resolve(from, path)}`;
}

/** The folder that holds a local image; undefined for an image of a registry. */
function localDirectoryOf(image: string): string | undefined {
  const path = LOCAL.exec(image)?.[2];
  return path === undefined ? undefined : dirname(path);
}
