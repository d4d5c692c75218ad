import { parseReference } from '@kedge/registry';
import { basename } from 'node:path';
import type { Api } from './api.js';

/** What the quickstart reads of an image record. */
export interface ImageRecord {
  imageDigest: string;
  analysis_status: string;
  analysis_error?: string | null;
  image_content: { metadata: Record<string, string | number | null> };
  image_detail: { fulltag: string; imageId: string }[];
}

const WAIT_MS = 15 * 60_000;
const LOOK_MS = 150;

/** The request that adds the image: by tag from a registry, or from a local layout or archive. */
export function addRequest(image: string): { source: Record<string, unknown> } {
  const local = /^(?:oci|oci-archive|docker-archive):(.+)$/.exec(image)?.[1];
  if (local === undefined) return { source: { tag: { pullstring: image } } };
  const name = basename(local)
    .replace(/\.tar$/, '')
    .replace(/[^a-zA-Z0-9_.-]+/g, '-')
    .toLowerCase();
  const tag = `localbuild/${name === 'image' ? 'kedge-sample' : name}:1`;
  return { source: { local: { location: image, tag } } };
}

/** A registry on this very machine speaks plain HTTP as a rule; says so to the catalog. */
export async function registerLoopbackRegistry(api: Api, image: string): Promise<void> {
  if (/^(oci|oci-archive|docker-archive):/.test(image)) return;
  const { registry, host } = parseReference(image);
  if (registry === null || !['localhost', '127.0.0.1', '[::1]'].includes(host ?? '')) return;
  await api.call('POST', '/registries?validate=false', {
    registry,
    registry_name: registry,
    registry_type: 'docker_v2',
    registry_user: '',
    registry_pass: '',
    registry_verify: false,
  });
}

/** Waits until the image is analysed. @throws Error with the reason when the analysis failed or takes too long. */
export async function analysed(api: Api, digest: string): Promise<ImageRecord> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    const [image] = await api.call<ImageRecord[]>('GET', `/images/${digest}`);
    if (image?.analysis_status === 'analyzed') return image;
    if (image?.analysis_status === 'analysis_failed') {
      throw new Error(`the analysis failed: ${image.analysis_error ?? 'no reason given'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`the analysis did not end within ${WAIT_MS / 60_000} minutes`);
}

/** Waits until the API knows the image no more. */
export async function gone(api: Api, digest: string): Promise<void> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    if ((await api.status(`/images/${digest}`)) === 404) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`image ${digest} was not deleted within ${WAIT_MS / 60_000} minutes`);
}
