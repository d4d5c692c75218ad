import { ConfigError, type KedgeConfig, type ServiceName } from '@kedge/config';
import { readFileSync } from 'node:fs';

export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
}

/**
 * The certificate of a service whose section says `ssl_enable: true`: `ssl_cert` (and `ssl_chain`, appended) and
 * `ssl_key`, PEM files. Undefined when it speaks plain HTTP.
 *
 * @throws ConfigError for a file that is not named or cannot be read.
 */
export function tlsFiles(config: KedgeConfig, name: ServiceName): TlsFiles | undefined {
  const settings: Record<string, unknown> = config.services[name] ?? {};
  const enabled = settings['ssl_enable'];
  if (enabled !== true && !/^(true|yes)$/i.test(String(enabled))) return undefined;
  const read = (key: string): Buffer => {
    const path = settings[key];
    const fail = (message: string): never => {
      throw new ConfigError(config.file, [{ path: `services.${name}.${key}`, message }]);
    };
    if (typeof path !== 'string' || path === '') return fail('is required, because ssl_enable is true');
    try {
      return readFileSync(path);
    } catch (error) {
      return fail(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    }
  };
  const chain = settings['ssl_chain'] ? [Buffer.from('\n'), read('ssl_chain')] : [];
  return { cert: Buffer.concat([read('ssl_cert'), ...chain]), key: read('ssl_key') };
}
