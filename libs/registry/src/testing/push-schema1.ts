import { MEDIA } from '../manifest/manifest.js';

const TIMEOUT_MS = 60_000;

/**
 * Adds an image of Docker schema 1 to a registry: has the registry convert an image of schema 2 that it holds, which signs
 * it, and pushes the result as it is under another tag.
 *
 * @param url `http://127.0.0.1:5000`
 * @returns the signed manifest, and its digest as the registry tells it
 */
export async function pushSchema1(
  url: string,
  repo: string,
  tags: { from: string; to: string },
): Promise<{ signed: Buffer; digest: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const from = new URL(`/v2/${repo}/manifests/${tags.from}`, url);
  const converted = await fetch(from, { headers: { accept: MEDIA.schema1Signed }, signal });
  const signed = Buffer.from(await converted.arrayBuffer());
  if (converted.headers.get('content-type') !== MEDIA.schema1Signed) {
    throw new Error(`the registry did not convert ${from.href}: ${signed.toString('utf8').slice(0, 300)}`);
  }
  const put = await fetch(new URL(`/v2/${repo}/manifests/${tags.to}`, url), {
    method: 'PUT',
    headers: { 'content-type': MEDIA.schema1Signed },
    body: new Uint8Array(signed),
    signal,
  });
  const answer = await put.text();
  const digest = put.headers.get('docker-content-digest');
  if (!put.ok || digest === null) throw new Error(`the registry refused the manifest: ${put.status} ${answer}`);
  return { signed, digest };
}
