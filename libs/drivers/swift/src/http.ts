import { StorageError } from '@kedge/object-store';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import type { SwiftSettings } from './settings.js';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Goes to the server as it is; a URL object would tidy up `..` and `//` of the path. */
  url: string;
  headers?: Record<string, string>;
  body?: Buffer | Readable;
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** To be consumed or destroyed. */
  body: IncomingMessage;
}

/** Longest text of an answer that is kept for messages or parsed; catalogs and listings stay well below. */
const MAX_TEXT = 32 * 1024 * 1024;

/**
 * HTTP with kept connections, time-outs, private authorities and client certificates. Written on node:http since fetch
 * takes neither certificates nor paths as they are. Rejects with the error of Node.js (see `networkFault`), which gets
 * the server's `origin`.
 */
export class HttpClient {
  private agents: Promise<{ http: HttpAgent; https: HttpsAgent }> | undefined;

  constructor(
    private readonly tls: SwiftSettings['tls'],
    private readonly idleTimeoutMs: number,
  ) {}

  async send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.sendOnce(request);
    } catch (error) {
      // The server had closed the kept connection; the request never reached it.
      const { code, reused } = error as { code?: string; reused?: boolean };
      const stale = reused && (code === 'ECONNRESET' || code === 'EPIPE') && !(request.body instanceof Readable);
      if (!stale) throw error;
      return this.sendOnce(request);
    }
  }

  close(): void {
    void this.agents?.then(
      ({ http, https }) => {
        http.destroy();
        https.destroy();
      },
      () => undefined, // never came up
    );
    this.agents = undefined;
  }

  private async sendOnce({ method, url, headers = {}, body, signal }: HttpRequest): Promise<HttpResponse> {
    this.agents ??= this.createAgents();
    const { http, https } = await this.agents;
    const { protocol, hostname, port, path } = split(url);
    const length = Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {};
    const options = {
      method,
      hostname,
      port,
      path,
      headers: { ...headers, ...length },
      timeout: this.idleTimeoutMs,
      ...(signal ? { signal } : {}),
    };
    return new Promise((resolve, reject) => {
      const request =
        protocol === 'https:' ? httpsRequest({ ...options, agent: https }) : httpRequest({ ...options, agent: http });
      let response: IncomingMessage | undefined;
      request.once('timeout', () => {
        const error = Object.assign(new Error('no byte came for too long'), {
          name: 'TimeoutError',
          code: 'ETIMEDOUT',
        });
        response?.destroy(error);
        request.destroy(error);
      });
      request.once('response', (message) => {
        response = message;
        resolve({ status: message.statusCode ?? 0, headers: message.headers, body: message });
      });
      const origin = `${protocol}//${hostname}${port ? `:${port}` : ''}`;
      request.on('error', (error) => reject(Object.assign(error, { origin, reused: request.reusedSocket })));
      if (body instanceof Readable) {
        body.once('error', (error) => request.destroy(error));
        body.pipe(request);
      } else request.end(body);
    });
  }

  private async createAgents(): Promise<{ http: HttpAgent; https: HttpsAgent }> {
    const { verify, caFile, certFile, keyFile } = this.tls;
    // A reader holds its socket while its copy is written through another: with a limit they would wait for each other.
    const common = { keepAlive: true, maxSockets: Infinity };
    const tls: AgentOptions = { rejectUnauthorized: verify };
    if (caFile) tls.ca = [...rootCertificates, await readPem('os_cacert', caFile)];
    if (certFile) tls.cert = await readPem('os_cert', certFile);
    if (keyFile) tls.key = await readPem('os_key', keyFile);
    return { http: new HttpAgent(common), https: new HttpsAgent({ ...common, ...tls }) };
  }
}

/** The whole body as text, cut at 32 MiB. */
export async function textOf({ body }: HttpResponse): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_TEXT) break;
  }
  return Buffer.concat(chunks).toString();
}

function split(url: string) {
  const { protocol, hostname, port } = new URL(url);
  const path = /^https?:\/\/[^/?#]*(.*)$/i.exec(url)?.[1] ?? '';
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: path === '' ? '/' : path };
}

async function readPem(key: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const message = `swift driver: ${key} ${file} cannot be read: ${(cause as Error).message}`;
    throw new StorageError('invalid_config', message, { driver: 'swift', cause });
  }
}
