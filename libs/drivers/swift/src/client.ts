import { networkFault } from '@kedge/object-store';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Session } from './auth/session.js';
import { HttpClient, textOf, type HttpRequest, type HttpResponse } from './http.js';
import type { SwiftSettings } from './settings.js';

export interface SwiftRequest {
  method: HttpRequest['method'];
  container: string;
  /** Undefined: the container itself. */
  name?: string;
  /** Without `?`. */
  query?: string;
  headers?: Record<string, string>;
  /** Bytes are sent again when a request is repeated; a stream is not, so its request is made once. */
  body?: Buffer | Readable;
  signal?: AbortSignal | undefined;
}

/** An answer of Swift that is no success. */
export class SwiftError extends Error {
  override readonly name = 'SwiftError';

  constructor(
    readonly status: number,
    /** Beginning of what the server said. */
    readonly text: string,
    readonly origin: string,
  ) {
    super(`${origin} answered ${status}${text ? `: ${text}` : ''}`);
  }
}

const PASSING = new Set([408, 429, 498, 500, 502, 503, 504]);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * Requests to one account: logs in, renews a refused token once, repeats what failed in passing with growing pauses.
 * Rejects with {@link SwiftError}, a StorageError of the login, or the error of the network.
 */
export class SwiftClient {
  private readonly http: HttpClient;
  private readonly session: Session;
  private readonly retries: number;

  constructor(settings: SwiftSettings) {
    this.http = new HttpClient(settings.tls, settings.idleTimeoutMs);
    this.session = new Session(settings.login, this.http);
    this.retries = settings.retries;
  }

  /** Url of the account; logs in when that has not been done. */
  async storageUrl(): Promise<string> {
    return (await this.session.grant()).storageUrl;
  }

  /** An answer with a body that the caller consumes or destroys. */
  async open(request: SwiftRequest): Promise<HttpResponse> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.authorised(request);
      } catch (error) {
        const again = attempt < this.retries && !request.signal?.aborted && !(request.body instanceof Readable);
        if (!again || !isPassing(error)) throw error;
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
        await sleep(pause * (0.5 + Math.random() / 2), undefined, request.signal ? { signal: request.signal } : {});
      }
    }
  }

  /** An answer as text. */
  async ask(request: SwiftRequest): Promise<{ headers: HttpResponse['headers']; text: string }> {
    const response = await this.open(request);
    return { headers: response.headers, text: await textOf(response) };
  }

  close(): void {
    this.http.close();
  }

  private async authorised(request: SwiftRequest): Promise<HttpResponse> {
    const grant = await this.session.grant();
    try {
      return await this.send(request, grant);
    } catch (error) {
      const refused = error instanceof SwiftError && error.status === 401;
      if (!refused || !this.session.renewable || request.body instanceof Readable) throw error;
      return this.send(request, await this.session.renew(grant));
    }
  }

  private async send(request: SwiftRequest, grant: { token: string; storageUrl: string }): Promise<HttpResponse> {
    const { method, container, name, query, headers, body, signal } = request;
    const path = [container, ...(name?.split('/') ?? [])].map(encodeURIComponent).join('/');
    const url = `${grant.storageUrl}/${path}${query === undefined ? '' : `?${query}`}`;
    const response = await this.http.send({
      method,
      url,
      headers: { ...headers, 'x-auth-token': grant.token },
      ...(body === undefined ? {} : { body }),
      signal,
    });
    if (response.status < 300) return response;
    const text = method === 'HEAD' ? '' : plain(await textOf(response));
    if (method === 'HEAD') response.body.resume();
    throw new SwiftError(response.status, text, new URL(url).origin);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof SwiftError) return PASSING.has(error.status);
  const fault = networkFault(error);
  return fault !== undefined && fault.kind !== 'tls';
}

/** Swift explains in a little HTML. */
function plain(text: string): string {
  const words = text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  return words.trim().slice(0, 200);
}
