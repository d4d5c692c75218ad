import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { guardedLookup, isLoopback, isRefused, refusedFor, type Refused, type Sender } from './internal-address.js';
import { TransportError } from './transport-error.js';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  body: http.IncomingMessage;
  /** Where the answer came from, after redirects. */
  url: URL;
  /** The same as one who may name other places, e.g. a token server. */
  sender: Sender;
}

export interface HttpRequest {
  method?: 'GET' | 'HEAD';
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Who named the URL; undefined when the operator did, who may name any place. */
  from?: Sender;
}

export interface TransportOptions {
  /** False accepts any certificate. */
  verifyTls: boolean;
  /** Plain HTTP is refused unless this is set or the host is loopback. */
  allowPlainHttp: boolean;
  /** Longest wait for an answer's headers, in milliseconds. */
  answerTimeoutMs: number;
  /** Resolves host names. Default: the system's way. */
  lookup?: LookupFunction;
}

/**
 * HTTP with connections kept open, a deadline for the answer's headers, and redirects that never carry the Authorization
 * header to another origin, step down to plain HTTP, or lead to this machine from elsewhere ({@link refusedFor}), be it by
 * an address or by a name that stands for one. Global `fetch` is not used because it offers no per-client choice about
 * certificates. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, except for loopback hosts.
 */
export class Transport {
  readonly #agents = new Map<string, http.Agent | https.Agent>();
  /** Names that were resolved here, and not by a proxy. */
  readonly #resolved = new Set<string>();

  constructor(readonly options: TransportOptions) {}

  /** Sends a GET or HEAD and follows redirects. Rejects with Node's error, an AbortError or a {@link TransportError}. */
  async request(url: URL, request: HttpRequest = {}): Promise<HttpAnswer> {
    let target = url;
    let headers = { ...request.headers };
    let { from } = request;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await this.#send(target, { ...request, headers, from });
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
      answer.body.destroy();
      const next = parseUrl(location, target);
      // Also to loopback: what was asked over TLS is not fetched from whoever listens on a local port.
      if (target.protocol === 'https:' && next.protocol !== 'https:' && !this.options.allowPlainHttp) {
        throw new TransportError('PLAIN_HTTP', `${target.host} redirects from TLS to plain HTTP`);
      }
      if (next.origin !== target.origin) {
        headers = Object.fromEntries(
          Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
        );
      }
      target = next;
      from = answer.sender;
    }
    throw new TransportError('TOO_MANY_REDIRECTS', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #send(url: URL, { method = 'GET', headers, signal, from }: HttpRequest): Promise<HttpAnswer> {
    const secure = url.protocol === 'https:';
    if (!secure && (url.protocol !== 'http:' || !plainHttpAllowed(url.hostname, this.options.allowPlainHttp))) {
      return Promise.reject(new TransportError('PLAIN_HTTP', `plain HTTP to ${url.host} is not allowed`));
    }
    const refused = refusedFor(from);
    if (isRefused(refused, url.hostname)) {
      const where = `${from?.hostname} leads to the internal address ${url.host}`;
      return Promise.reject(new TransportError('INTERNAL_ADDRESS', where));
    }
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, {
        method,
        headers: { 'user-agent': 'kedge', ...headers },
        agent: this.#agent(secure, isLoopback(url.hostname), refused),
        lookup: this.#lookup(refused, url.hostname),
        signal,
      });
      const { answerTimeoutMs } = this.options;
      const timer = setTimeout(() => {
        request.destroy(new TransportError('TIMEOUT', `no answer within ${answerTimeoutMs} ms`));
      }, answerTimeoutMs);
      request.once('response', (body) => {
        clearTimeout(timer);
        // Of a connection through a proxy this would be the proxy's.
        const address = this.#resolved.has(url.hostname) ? body.socket.remoteAddress : undefined;
        const sender = { hostname: url.hostname, ...(address !== undefined && { address }) };
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body, url, sender });
      });
      // Stays on after the answer: an abort reports here as well as on the body, where the reader meets it.
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end();
    });
  }

  #lookup(refused: Refused, hostname: string): LookupFunction {
    const lookup = guardedLookup(refused, hostname, this.options.lookup);
    return (name, options, done) => {
      if (name === hostname) this.#resolved.add(name);
      lookup(name, options, done);
    };
  }

  /** Connections that are kept open are shared among those only whose lookup refuses the same. */
  #agent(secure: boolean, direct: boolean, { here, linkLocal }: Refused): http.Agent | https.Agent {
    const name = `${secure}/${direct}/${here}/${linkLocal}`;
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
