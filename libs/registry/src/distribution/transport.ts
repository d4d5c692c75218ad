import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  body: http.IncomingMessage;
  /** Where the answer came from, after redirects. */
  url: URL;
}

export interface HttpRequest {
  method?: 'GET' | 'HEAD';
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface TransportOptions {
  /** False accepts any certificate. */
  verifyTls: boolean;
  /** Plain HTTP is refused unless this is set or the host is loopback. */
  allowPlainHttp: boolean;
  /** Longest wait for an answer's headers, in milliseconds. */
  answerTimeoutMs: number;
}

/** A request that must not be sent, or one that timed out or was cut; `code` is like that of a Node system error. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly code: 'TIMEOUT' | 'PLAIN_HTTP' | 'INTERNAL_ADDRESS' | 'TOO_MANY_REDIRECTS' | 'BAD_URL',
    message: string,
  ) {
    super(message);
  }
}

/**
 * HTTP with connections kept open, a deadline for the answer's headers, and redirects that never carry the Authorization
 * header to another origin, step down to plain HTTP, or lead to this machine from elsewhere ({@link leadsInside}). Global `fetch` is not used because it offers no per-client
 * choice about certificates. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, except for loopback hosts.
 */
export class Transport {
  readonly #agents = new Map<string, http.Agent | https.Agent>();

  constructor(readonly options: TransportOptions) {}

  /** Sends a GET or HEAD and follows redirects. Rejects with Node's error, an AbortError or a {@link TransportError}. */
  async request(url: URL, request: HttpRequest = {}): Promise<HttpAnswer> {
    let target = url;
    let headers = { ...request.headers };
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await this.#send(target, { ...request, headers });
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
      answer.body.destroy();
      const next = parseUrl(location, target);
      // Also to loopback: what was asked over TLS is not fetched from whoever listens on a local port.
      if (target.protocol === 'https:' && next.protocol !== 'https:' && !this.options.allowPlainHttp) {
        throw new TransportError('PLAIN_HTTP', `${target.host} redirects from TLS to plain HTTP`);
      }
      if (leadsInside(target.hostname, next.hostname)) {
        throw new TransportError('INTERNAL_ADDRESS', `${target.host} redirects to the internal address ${next.host}`);
      }
      if (next.origin !== target.origin) {
        headers = Object.fromEntries(
          Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
        );
      }
      target = next;
    }
    throw new TransportError('TOO_MANY_REDIRECTS', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #send(url: URL, { method = 'GET', headers, signal }: HttpRequest): Promise<HttpAnswer> {
    const secure = url.protocol === 'https:';
    if (!secure && (url.protocol !== 'http:' || !plainHttpAllowed(url.hostname, this.options.allowPlainHttp))) {
      return Promise.reject(new TransportError('PLAIN_HTTP', `plain HTTP to ${url.host} is not allowed`));
    }
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, {
        method,
        headers: { 'user-agent': 'kedge', ...headers },
        agent: this.#agent(secure, isLoopback(url.hostname)),
        signal,
      });
      const { answerTimeoutMs } = this.options;
      const timer = setTimeout(() => {
        request.destroy(new TransportError('TIMEOUT', `no answer within ${answerTimeoutMs} ms`));
      }, answerTimeoutMs);
      request.once('response', (body) => {
        clearTimeout(timer);
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body, url });
      });
      // Stays on after the answer: an abort reports here as well as on the body, where the reader meets it.
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end();
    });
  }

  #agent(secure: boolean, direct: boolean): http.Agent | https.Agent {
    const name = `${secure}/${direct}`;
    let agent = this.#agents.get(name);
    if (!agent) {
      const proxyEnv = direct ? undefined : process.env;
      agent = secure
        ? new https.Agent({ keepAlive: true, proxyEnv, rejectUnauthorized: this.options.verifyTls })
        : new http.Agent({ keepAlive: true, proxyEnv });
      this.#agents.set(name, agent);
    }
    return agent;
  }
}

/** localhost, *.localhost, 127.0.0.0/8 and ::1. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost' || host === 'localhost.localdomain' || host.endsWith('.localhost');
}

/**
 * True when a redirect would make this machine ask itself, or a service of its own network segment such as a cloud's
 * metadata address, on behalf of a server elsewhere. Private networks are not meant: storage behind a registry lies there.
 */
export function leadsInside(from: string, to: string): boolean {
  if (isLinkLocal(to)) return !isLinkLocal(from);
  return isHere(to) && !isHere(from);
}

/** Loopback, also spelt as an IPv4 address in IPv6, and the addresses that stand for "this host". */
function isHere(hostname: string): boolean {
  return isLoopback(hostname) || hostname === '[::]' || /^(?:0\.|\[::ffff:(?:7f|0:))/.test(hostname);
}

/** 169.254.0.0/16 (RFC 3927), fe80::/10 (RFC 4291), and the first inside IPv6. URLs spell addresses in one way only. */
function isLinkLocal(hostname: string): boolean {
  return /^(?:169\.254\.|\[fe[89ab][0-9a-f]:|\[::ffff:a9fe:)/.test(hostname);
}

/** Plain HTTP is for loopback hosts, and for others only when the user said so. */
export function plainHttpAllowed(hostname: string, insecure: boolean): boolean {
  return insecure || isLoopback(hostname);
}

function parseUrl(location: string, base: URL): URL {
  try {
    const url = new URL(location, base);
    // A server may not smuggle credentials into a request of ours.
    url.username = '';
    url.password = '';
    return url;
  } catch {
    throw new TransportError('BAD_URL', `${base.host} redirects to something that is not a URL`);
  }
}
