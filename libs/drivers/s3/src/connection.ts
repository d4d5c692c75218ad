import { StorageError } from '@kedge/object-store';
import type * as Sdk from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { S3Settings } from './settings.js';

export type { Sdk };

/** The AWS SDK and a client of one configuration. */
export interface Open {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
}

/** Opens the SDK's client at first use: loading the SDK takes a tenth of a second and 20 MB that others need not pay. */
export class Connection {
  private opened: Promise<Open> | undefined;

  constructor(private readonly settings: S3Settings) {}

  /** @throws StorageError invalid_config when `ca_file` cannot be read. */
  open(): Promise<Open> {
    this.opened ??= this.create();
    return this.opened;
  }

  async close(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined); // a client that never opened needs no closing
    this.opened = undefined;
    opened?.client.destroy();
  }

  private async create(): Promise<Open> {
    const { credentials, endpoint, tls } = this.settings;
    const ca = tls.caFile === undefined ? undefined : [...rootCertificates, await readCertificates(tls.caFile)];
    // The lock file brings a Node.js that the SDK supports; its advice to upgrade would be noise in every service's log.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    const sdk = await import('@aws-sdk/client-s3');
    // A reader holds its socket while its copy is written through another: with a limit they would wait for each other.
    const agent = { keepAlive: true, maxSockets: Infinity };
    const client = new sdk.S3Client({
      region: this.settings.region ?? 'us-east-1',
      forcePathStyle: this.settings.pathStyle,
      followRegionRedirects: endpoint === undefined,
      maxAttempts: this.settings.retries + 1,
      // The checksums of newer SDKs travel in trailers that many servers do not know.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: this.settings.connectTimeoutMs,
        socketTimeout: this.settings.idleTimeoutMs,
        httpAgent: agent,
        httpsAgent: { ...agent, rejectUnauthorized: tls.verify, ...(ca ? { ca } : {}) },
      },
      ...(endpoint ? { endpoint: endpoint.href } : {}),
      ...(credentials
        ? {
            credentials: {
              accessKeyId: credentials.accessKey.reveal(),
              secretAccessKey: credentials.secretKey.reveal(),
              ...(credentials.sessionToken ? { sessionToken: credentials.sessionToken.reveal() } : {}),
            },
          }
        : {}),
    });
    addContentMd5(client);
    return { sdk, client };
  }
}

/** DeleteObjects once demanded Content-MD5, and many servers still do; the SDK sends a CRC32 instead. */
function addContentMd5(client: Sdk.S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      if (context.commandName === 'DeleteObjectsCommand' && typeof request.body === 'string') {
        request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      }
      return next(args);
    },
    { step: 'build', name: 'contentMd5OfDeleteObjects' },
  );
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const message = `s3 driver: ca_file ${file} cannot be read: ${(cause as Error).message}`;
    throw new StorageError('invalid_config', message, { driver: 's3', cause });
  }
}
