import { Api } from './api.js';
import { readDocuments, requireSameDocuments } from './documents.js';
import { addRequest, analysed, gone, registerLoopbackRegistry, type ImageRecord } from './image-job.js';
import type { Installation } from './installation.js';
import { migrateByCommand } from './migrate-command.js';
import type { Steps } from './steps.js';
import { check, requireSameVerdict, VERIFY_BUNDLE, type Verdict } from './verdict.js';

/** What the main job found out about the image. */
export interface MainJobResult {
  image: ImageRecord;
  /** Elements by content type; types without any are left out. */
  content: Record<string, number>;
  secrets: number;
  verdicts: { name: string; verdict: Verdict }[];
  objects: number;
  objectBytes: number;
}

const DEFAULT_POLICY = '2c53a13c-1765-11e8-82ef-23527761d060';

/** The main job: everything a user does with Kedge, once, with proof that nothing was lost on the way. */
export async function runMainJob(installation: Installation, steps: Steps): Promise<MainJobResult> {
  await steps.run('start catalog, policy engine, analyzer', async () => {
    await installation.startServices();
    return { value: undefined, said: installation.catalogUrl };
  });
  const api = new Api(installation.catalogUrl, installation.adminPassword);

  const digest = await steps.run('add image', async () => {
    await registerLoopbackRegistry(api, installation.image);
    const [added] = await api.call<ImageRecord[]>('POST', '/images', addRequest(installation.image));
    if (!added) throw new Error('the catalog answered with no image');
    return {
      value: added.imageDigest,
      said: `${added.image_detail[0]?.fulltag ?? ''} ${added.imageDigest.slice(0, 19)}`,
    };
  });
  const image = await steps.run('analyse', async () => {
    const value = await analysed(api, digest);
    const { distro, distro_version: version, layer_count: layers } = value.image_content.metadata;
    return { value, said: `${distro ?? '?'} ${version ?? ''}, ${layers ?? '?'} layers` };
  });
  const { content, secrets } = await steps.run('read the content', async () => {
    const value = await contentOf(api, digest);
    const parts = Object.entries(value.content).map(([type, count]) => `${count} ${type}`);
    return { value, said: `${parts.join(', ')}; ${value.secrets} files with secrets` };
  });

  const tag = image.image_detail[0]?.fulltag ?? '';
  const said = ({ finalAction, findings }: Verdict): string => `${finalAction}, ${findings.length} findings`;
  const byDefault = await steps.run('evaluate under the default bundle', async () => {
    const value = await check(api, digest, tag, DEFAULT_POLICY);
    return { value, said: said(value) };
  });
  const verified = await steps.run('evaluate with packages.verify', async () => {
    await api.call('POST', '/policies', VERIFY_BUNDLE);
    const value = await check(api, digest, tag, VERIFY_BUNDLE.id);
    return { value, said: said(value) };
  });

  await steps.run('archive', async () => {
    const [archived] = await api.call<{ status: string; detail: string }[]>('POST', '/archives/images', [digest]);
    if (archived?.status !== 'archived')
      throw new Error(`the image was not archived: ${archived?.detail ?? 'no answer'}`);
    return { value: undefined, said: 'analysis archived' };
  });
  await steps.run('delete from the working set', async () => {
    await api.call('DELETE', `/images/${digest}?force=true`);
    await gone(api, digest);
    return { value: undefined, said: 'image, documents and index are gone' };
  });
  await steps.run('restore from the archive', async () => {
    await api.call('POST', '/images', { source: { archive: { digest } } });
    await analysed(api, digest);
    for (const before of [byDefault, verified]) {
      requireSameVerdict(before, await check(api, digest, tag, before.policyId));
    }
    return { value: undefined, said: 'both verdicts are the same as before' };
  });

  await installation.stopServices();
  const before = await readDocuments(installation.configFile);
  await steps.run('migrate database -> files', async () => {
    const { moved } = await migrateByCommand(installation, installation.configFile, installation.filesConfigFile);
    const after = await readDocuments(installation.filesConfigFile);
    requireSameDocuments(before, after);
    if ([...after.schemes].join() !== 'file') throw new Error(`objects were left in ${[...after.schemes].join(', ')}`);
    return { value: undefined, said: `${moved} objects moved, every byte the same` };
  });
  await steps.run('migrate files -> database', async () => {
    const { moved } = await migrateByCommand(installation, installation.filesConfigFile, installation.configFile);
    requireSameDocuments(before, await readDocuments(installation.configFile));
    return { value: undefined, said: `${moved} objects moved back, every byte the same` };
  });

  return {
    image,
    content,
    secrets,
    verdicts: [
      { name: 'default bundle', verdict: byDefault },
      { name: 'packages.verify', verdict: verified },
    ],
    objects: before.digests.size,
    objectBytes: before.bytes,
  };
}

async function contentOf(api: Api, digest: string): Promise<{ content: Record<string, number>; secrets: number }> {
  const content: Record<string, number> = {};
  for (const type of await api.call<string[]>('GET', `/images/${digest}/content`)) {
    const answer = await api.call<{ content: unknown }>('GET', `/images/${digest}/content/${type}`);
    if (Array.isArray(answer.content) && answer.content.length > 0) content[type] = answer.content.length;
  }
  const secrets = await api.call<unknown[]>('GET', `/images/${digest}/artifacts/secret_search`);
  return { content, secrets: secrets.length };
}
