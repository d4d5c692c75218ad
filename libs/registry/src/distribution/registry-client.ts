import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { readAll } from '../blob/read-all.js';
import { verified } from '../blob/verify-blob.js';
import type { Credentials } from '../credentials.js';
import { ImageError, type Descriptor } from '../image-source.js';
import { parseJson } from '../manifest/image-config.js';
import { ACCEPTED_MANIFESTS, MAX_MANIFEST_BYTES, type RawManifest } from '../manifest/manifest.js';
import { checkDigest, checkManifestSize, digestOf } from '../manifest/resolve-image.js';
import { signedPayload } from '../manifest/signed-payload.js';
import { contactHost } from '../reference.js';
import { Authenticator } from './auth.js';
import { download, untilIdle } from './download.js';
import { findBase } from './endpoint.js';
import { answerFailure, connectionFailure } from './http-failure.js';
import type { Sender } from './internal-address.js';
import { withRetries } from './retry.js';
import { Transport, type HttpAnswer } from './transport.js';

/** How to talk to a registry. Every time is in milliseconds. */
export interface RegistryOptions {
  credentials?: Credentials;
  /** Default true. */
  verifyTls?: boolean;
  /** Plain HTTP also to hosts that are not loopback, when they speak no TLS. Default: the opposite of `verifyTls`. */
  insecure?: boolean;
  /** Longest wait for an answer's headers. Default 30 000. */
  answerTimeoutMs?: number;
  /** Longest wait for the next bytes of a body. Default 60 000. */
  idleTimeoutMs?: number;
  /** Tries of a request that fails for a passing reason. Default 3. */
  attempts?: number;
  /** How often a broken blob download is taken up again. Default 3. */
  resumes?: number;
  /** Resolves host names. Default: the system's way. */
  lookup?: LookupFunction;
}

const MAX_TAG_PAGES = 10_000;
const tagsSchema = z.object({ tags: z.array(z.string()).nullish() });

/**
 * Reads from one registry by the OCI distribution API (pull part) and Docker Registry v2 token authentication. Every
 * failure is an {@link ImageError}; messages never hold credentials.
 */
export class RegistryClient {
  readonly #transport: Transport;
  readonly #auth: Authenticator;
  readonly #host: string;
  readonly #options: Required<Omit<RegistryOptions, 'credentials' | 'lookup'>>;
  /** The registry as it was reached last. */
  #sender: Sender;
  #base: Promise<URL> | undefined;

  /** @param registry host with port as users write it (`docker.io`, `localhost:5000`) */
  constructor(
    readonly registry: string,
    options: RegistryOptions = {},
  ) {
    const { verifyTls = true, credentials, lookup } = options;
    const { insecure = !verifyTls, answerTimeoutMs = 30_000, idleTimeoutMs = 60_000 } = options;
    const { attempts = 3, resumes = 3 } = options;
    this.#options = { verifyTls, insecure, answerTimeoutMs, idleTimeoutMs, attempts, resumes };
    this.#host = contactHost(registry);
    this.#sender = { hostname: this.#host.replace(/:\d+$/, '') };
    this.#transport = new Transport({
      ...{ verifyTls, allowPlainHttp: insecure, answerTimeoutMs },
      ...(lookup && { lookup }),
    });
    this.#auth = new Authenticator(this.#transport, registry, credentials);
  }

  /**
   * Proves that the registry answers and accepts the login.
   *
   * @throws ImageError `unreachable`, `unauthorized`, `not_supported`
   */
  async ping(signal?: AbortSignal): Promise<void> {
    const what = 'its API';
    const answer = await this.#get('/v2/', { what, scope: '', signal });
    answer.body.destroy();
    // An open registry answers 200 to any login; there is nothing more to prove.
    if (answer.status !== 200) throw this.#refused(answer, what);
  }

  /**
   * Reads a manifest or index by tag or digest and proves its digest: by the digest asked for, or by the registry's own
   * Docker-Content-Digest header. Of a signed Docker schema 1 manifest the signed text is returned.
   *
   * @throws ImageError `not_found`, `unauthorized`, `unreachable`, `too_large` (over 4 MiB), `digest_mismatch`,
   *   `invalid_manifest` for signatures that make no sense
   */
  async getManifest(repo: string, reference: string, signal?: AbortSignal): Promise<RawManifest> {
    const what = nameOf(this.registry, repo, reference);
    return this.#retrying(what, signal, async () => {
      const answer = await this.#manifest('GET', repo, reference, signal);
      try {
        checkManifestSize(Number(answer.headers['content-length'] ?? 0), what);
        const bytes = signedPayload(await this.#readBody(answer, MAX_MANIFEST_BYTES, `manifest of ${what}`), what);
        const claimed = reference.includes(':') ? reference : contentDigest(answer);
        if (claimed !== undefined) checkDigest(bytes, claimed, `manifest of ${what}`);
        const mediaType = answer.headers['content-type']?.split(';')[0]?.trim();
        return { bytes, digest: digestOf(bytes), ...(mediaType && { mediaType }) };
      } finally {
        answer.body.destroy();
      }
    });
  }

  /**
   * The digest a tag has now, without reading the manifest when the registry tells it (a HEAD request does not count
   * against Docker Hub's pull limit).
   */
  async getDigest(repo: string, tag: string, signal?: AbortSignal): Promise<string> {
    const digest = await this.#retrying(nameOf(this.registry, repo, tag), signal, async () => {
      const answer = await this.#manifest('HEAD', repo, tag, signal);
      answer.body.destroy();
      return contentDigest(answer);
    });
    return digest ?? (await this.getManifest(repo, tag, signal)).digest;
  }

  /** Every tag of a repository, page by page. */
  async *listTags(repo: string, signal?: AbortSignal): AsyncGenerator<string> {
    const what = `the tags of ${this.registry}/${repo}`;
    let next: string | undefined = `/v2/${repo}/tags/list?n=1000`;
    for (let page = 0; next !== undefined; page++) {
      if (page >= MAX_TAG_PAGES) throw new ImageError('too_large', `${what} fill more than ${MAX_TAG_PAGES} pages`);
      const path: string = next;
      const { tags, link } = await this.#retrying(what, signal, async () => {
        const answer = await this.#get(path, { what, scope: pull(repo), signal });
        if (answer.status !== 200) throw this.#refused(answer, what);
        const body = tagsSchema.safeParse(parseJson(await this.#readBody(answer, MAX_MANIFEST_BYTES, what), what));
        if (!body.success)
          throw new ImageError('not_supported', `registry ${this.registry} sent ${what} in no known form`);
        return { tags: body.data.tags ?? [], link: answer.headers.link };
      });
      yield* tags;
      next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(typeof link === 'string' ? link : '')?.[1];
    }
  }

  /**
   * Opens a blob. A connection that breaks is resumed; the stream proves size and digest at its end. A foreign layer that
   * the registry does not hold is read from the HTTPS addresses in its descriptor, without login, and proven the same; such
   * an address may not lead to this machine unless the registry is here, too.
   */
  async openBlob(repo: string, descriptor: Descriptor, signal?: AbortSignal): Promise<Readable> {
    const path = `/v2/${repo}/blobs/${descriptor.digest}`;
    const what = `blob ${descriptor.digest} of ${this.registry}/${repo}`;
    try {
      return await this.#openAt(descriptor, what, signal, (headers) =>
        this.#get(path, { what, scope: pull(repo), headers, signal }),
      );
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== 'not_found' || !descriptor.urls) throw error;
      return this.#openForeign(descriptor, what, error, signal);
    }
  }

  /**
   * Bytes of a blob, as the registry says; no proof.
   *
   * @throws ImageError `not_found`, `unauthorized`, `unreachable`; `not_supported` when it does not say
   */
  async blobSize(repo: string, digest: string, signal?: AbortSignal): Promise<number> {
    const path = `/v2/${repo}/blobs/${digest}`;
    const what = `blob ${digest} of ${this.registry}/${repo}`;
    const headers = { 'accept-encoding': 'identity' };
    return this.#retrying(what, signal, async () => {
      for (const method of ['HEAD', 'GET'] as const) {
        // Storage that a registry redirects to may not answer HEAD; of the GET only the headers are read.
        const answer = await this.#get(path, { method, what, scope: pull(repo), headers, signal });
        answer.body.destroy();
        const size = Number(answer.headers['content-length'] ?? Number.NaN);
        if (answer.status === 200 && Number.isSafeInteger(size)) return size;
        if (method === 'GET' && answer.status !== 200) throw this.#refused(answer, what);
      }
      throw new ImageError('not_supported', `registry ${this.registry} does not tell the size of ${what}`);
    });
  }

  close(): void {
    this.#transport.close();
  }

  async #openForeign(
    descriptor: Descriptor,
    what: string,
    missing: ImageError,
    signal?: AbortSignal,
  ): Promise<Readable> {
    // The addresses come from the image: only TLS, and only a few.
    const urls = (descriptor.urls ?? []).filter((url) => url.startsWith('https://') && URL.canParse(url)).slice(0, 5);
    const from = this.#sender;
    let last = missing;
    for (const url of urls) {
      try {
        return await this.#openAt(descriptor, what, signal, (headers) =>
          this.#transport.request(new URL(url), { headers, from, signal }),
        );
      } catch (error) {
        last = this.#failure(error, what, signal);
      }
    }
    throw last;
  }

  async #openAt(
    descriptor: Descriptor,
    what: string,
    signal: AbortSignal | undefined,
    get: (headers: Record<string, string>) => Promise<HttpAnswer>,
  ): Promise<Readable> {
    const open = (offset: number): Promise<HttpAnswer> =>
      this.#retrying(what, signal, async () => {
        // identity: the blob's own bytes, not a transfer encoding of them.
        const range = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
        const answer = await get({ 'accept-encoding': 'identity', ...range });
        if (answer.status !== 200 && answer.status !== 206) throw this.#refused(answer, what);
        return answer;
      });
    const { resumes, idleTimeoutMs } = this.#options;
    const failure = (error: unknown): ImageError => this.#failure(error, what, signal);
    const first = await open(0);
    return verified(download(first, descriptor, { what, resumes, idleTimeoutMs, open, failure, signal }), descriptor);
  }

  async #manifest(method: 'GET' | 'HEAD', repo: string, reference: string, signal?: AbortSignal): Promise<HttpAnswer> {
    const what = nameOf(this.registry, repo, reference);
    const headers = { accept: ACCEPTED_MANIFESTS.join(', ') };
    const path = `/v2/${repo}/manifests/${reference}`;
    const answer = await this.#get(path, { method, what, scope: pull(repo), headers, signal });
    if (answer.status !== 200) throw this.#refused(answer, what);
    return answer;
  }

  /** One request with the answer to one challenge. */
  async #get(
    path: string,
    request: {
      what: string;
      scope: string;
      method?: 'GET' | 'HEAD';
      headers?: Record<string, string>;
      signal?: AbortSignal;
    },
  ): Promise<HttpAnswer> {
    const { what, scope, method, headers, signal } = request;
    try {
      const base = await this.#findBase(signal);
      const url = new URL(path, base);
      if (url.origin !== base.origin)
        throw new ImageError('not_supported', `registry ${this.registry} pages elsewhere`);
      for (let attempt = 0; ; attempt++) {
        const authorization = this.#auth.header(scope);
        const answer = await this.#transport.request(url, {
          method,
          headers: { ...headers, ...(authorization && { authorization }) },
          signal,
        });
        const challenge = answer.headers['www-authenticate'];
        const ours = answer.url.origin === base.origin;
        if (ours) this.#sender = answer.sender;
        if (answer.status !== 401 || challenge === undefined || !ours || attempt > 0) return answer;
        answer.body.destroy();
        if (!(await this.#auth.answer(challenge, scope, answer.sender, signal))) return answer;
      }
    } catch (error) {
      throw this.#failure(error, what, signal);
    }
  }

  /** Found once; a failure is forgotten, so that the next call tries again. */
  #findBase(signal?: AbortSignal): Promise<URL> {
    this.#base ??= findBase(this.#transport, this.#host, this.#options.insecure, signal).catch((error: unknown) => {
      this.#base = undefined;
      throw error;
    });
    return this.#base;
  }

  #readBody(answer: HttpAnswer, limit: number, what: string): Promise<Buffer> {
    return readAll(Readable.from(untilIdle(answer, this.#options.idleTimeoutMs)), limit, what);
  }

  #retrying<T>(what: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    return withRetries(this.#options.attempts, signal, async () => {
      try {
        return await run();
      } catch (error) {
        throw this.#failure(error, what, signal);
      }
    });
  }

  #refused(answer: HttpAnswer, what: string): ImageError {
    answer.body.destroy();
    return answerFailure(answer, what, this.registry, this.#auth.hasLogin);
  }

  #failure(error: unknown, what: string, signal?: AbortSignal): ImageError {
    if (signal?.aborted) return new ImageError('aborted', `reading ${what} was aborted`, error);
    return connectionFailure(error, what, this.registry);
  }
}

/** `registry/repo:tag` or `registry/repo@digest` */
function nameOf(registry: string, repo: string, reference: string): string {
  return `${registry}/${repo}${reference.includes(':') ? '@' : ':'}${reference}`;
}

function pull(repo: string): string {
  return `repository:${repo}:pull`;
}

function contentDigest({ headers }: HttpAnswer): string | undefined {
  const value = headers['docker-content-digest'];
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value) ? value : undefined;
}
