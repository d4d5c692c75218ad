import { loadConfig, type KedgeConfig } from '@kedge/config';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ConfigFile {
  file: string;
  config: KedgeConfig;
  remove: () => Promise<void>;
}

/** A config.yaml for a policy engine on a free port of the loopback address. */
export async function writeConfig(databaseUrl: string, more = ''): Promise<ConfigFile> {
  const directory = await mkdtemp(join(tmpdir(), 'kedge-service-'));
  const file = join(directory, 'config.yaml');
  await writeFile(
    file,
    `
host_id: test-host
log_level: INFO
webhooks: {}
credentials:
  database:
    db_connect: ${JSON.stringify(databaseUrl)}
    db_connect_args: { timeout: 2 }
    db_pool_size: 2
services:
  policy_engine: { enabled: true, listen: 127.0.0.1, port: 0 }
${more}`,
  );
  return {
    file,
    config: loadConfig(file, {}),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
