import { readFile, stat } from 'node:fs/promises';
import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '../image-source.js';
import { parseManifest } from '../manifest/manifest.js';
import { blobPath } from './build-image.js';

const TIMEOUT_MS = 60_000;

export interface PushOptions {
  /** `http://127.0.0.1:5000` */
  url: string;
  /** Login by HTTP Basic. */
  username?: string;
  password?: string;
  /** Value of the Authorization header, instead of a login. */
  authorization?: string;
}

/**
 * Pushes the (first) image or index of an OCI layout directory to a registry: blobs that the registry lacks, then the
 * manifests, the top one under the tag. A test tool: one blob at a time, one request a blob.
 *
 * @returns digest of the tagged manifest or index
 */
export async function pushLayout(directory: string, target: string | PushOptions, repoAndTag: string): Promise<string> {
  const options = typeof target === 'string' ? { url: `http://${target}` } : target;
  const [repo = '', tag = 'latest'] = repoAndTag.split(':');
  const index = await readFile(join(directory, 'index.json'));
  const parsed = parseManifest({ bytes: index, digest: '' }, directory);
  const [entry] = parsed.kind === 'index' ? parsed.manifests : [];
  if (!entry) throw new Error(`${directory}/index.json names no image`);
  const push = new Push(directory, repo, options);
  await push.manifest(entry, tag);
  return entry.digest;
}

class Push {
  constructor(
    private readonly directory: string,
    private readonly repo: string,
    private readonly options: PushOptions,
  ) {}

  /** What the manifest names goes first; registries refuse a manifest whose parts they lack. */
  async manifest(descriptor: Descriptor, reference: string): Promise<void> {
    const bytes = await readFile(blobPath(this.directory, descriptor.digest));
    const { mediaType, digest } = descriptor;
    const parsed = parseManifest({ bytes, digest, mediaType }, digest);
    if (parsed.kind === 'index') for (const entry of parsed.manifests) await this.manifest(entry, entry.digest);
    else if (parsed.kind === 'image') for (const blob of [...parsed.layers, parsed.config]) await this.blob(blob);
    const headers = { 'content-type': parsed.mediaType };
    await this.#send(`/v2/${this.repo}/manifests/${reference}`, {
      method: 'PUT',
      headers,
      body: new Uint8Array(bytes),
    });
  }

  async blob({ digest }: Descriptor): Promise<void> {
    const path = blobPath(this.directory, digest);
    const head = await this.#fetch(`/v2/${this.repo}/blobs/${digest}`, { method: 'HEAD' });
    await head.body?.cancel();
    if (head.status === 200) return;
    const start = await this.#send(`/v2/${this.repo}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(start.headers.get('location') ?? '', this.options.url);
    location.searchParams.set('digest', digest);
    const { size } = await stat(path);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
    await this.#send(location.toString(), { method: 'PUT', headers, body: await openAsBlob(path) });
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const answer = await this.#fetch(path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${init.method} ${path}: HTTP ${answer.status} ${text.slice(0, 300)}`);
    return answer;
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const { url, username, password, authorization } = this.options;
    const login = username && `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
    const headers = new Headers(init.headers);
    if (authorization ?? login) headers.set('authorization', authorization ?? login ?? '');
    return fetch(new URL(path, url), { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  }
}
