import type { PolicyEvaluation } from '@kedge/policy';
import { purgePackageContents, type ImageName } from './index.js';
import { bundle, outputs, SETUID, SSH_DENIED, VERIFY } from './testing/bundles.js';
import { analysisDocument, applicationLayer, sampleLayers, withJsonText } from './testing/documents.js';
import { TestEngine } from './testing/engine.js';

const image = { account: 'acme', digest: `sha256:${'1'.repeat(64)}`, imageId: 'a'.repeat(64) };
const application = { account: 'other', digest: `sha256:${'2'.repeat(64)}`, imageId: 'b'.repeat(64) };
const old = { account: 'acme', digest: `sha256:${'3'.repeat(64)}`, imageId: 'c'.repeat(64) };
const OFF = 'enable_package_db_load: "False"';
const SHARED = ['image_package', 'package_content', 'file_block'];

/** What the tables hold, without ids. */
const DUMPS = {
  image: `SELECT account, image_id, size, distro_name, layer_count, dockerfile_contents, report, file_count FROM policy_image`,
  packages: `SELECT digest, name, version, release, type, arch, path, size, license FROM image_package ORDER BY digest`,
  files: `SELECT digest, first_path, file_count, files FROM file_block ORDER BY digest`,
  artifacts: `SELECT kind, key, value, content FROM image_artifact ORDER BY kind, key`,
};

describe('the packages database', () => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await TestEngine.start();
    const layers = await sampleLayers();
    const document = await analysisDocument(layers, image);
    await engine.addImage(image, document);
    await engine.addImage(
      application,
      await analysisDocument([...layers, applicationLayer('/srv/app.js')], application),
    );
    const oldDocument = withJsonText(await analysisDocument(layers, old));
    await engine.addImage(old, JSON.stringify({ document: oldDocument }));
  });
  afterAll(() => engine.close());

  const sql = () => engine.database.sql;
  const evaluate = async (policy: unknown, of = image) => (await engine.check<PolicyEvaluation>(of, policy)).body;
  const sizes = async () =>
    Object.fromEntries(await Promise.all(SHARED.map(async (table) => [table, await engine.count(table)] as const)));
  const dump = async () =>
    Object.fromEntries(
      await Promise.all(Object.entries(DUMPS).map(async ([name, query]) => [name, await sql().query(query)] as const)),
    );
  const reload = async (name: ImageName & { imageId: string }) => {
    const [before] = await sql().query<{ id: string }>('SELECT id FROM policy_image WHERE digest = $1', [name.digest]);
    expect(await engine.call('POST', `users/${name.account}/images/${name.imageId}/reload`)).toEqual({
      status: 202,
      body: { image_digest: name.digest },
    });
    for (;;) {
      const [row] = await sql().query<{ id: string }>('SELECT id FROM policy_image WHERE digest = $1', [name.digest]);
      if (row?.id !== before?.id) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('keeps what images have in common once, and frees it with the last of them', async () => {
    await engine.index(image);
    const one = await sizes();
    expect(one['package_content']).toBeGreaterThan(10);
    await engine.index(application);
    const two = await sizes();
    // One new file changes one block of the tree and adds no package.
    expect(two).toEqual({ ...one, file_block: (one['file_block'] ?? 0) + 1 });
    const findings = outputs(await evaluate(bundle(VERIFY), application), application);
    expect(findings).toEqual(outputs(await evaluate(bundle(VERIFY)), image));

    // The catalog deletes its row before it sends the job.
    await sql().query(`DELETE FROM catalog_image WHERE "imageDigest" = $1`, [application.digest]);
    await engine.context.jobs.send('forget-image', {
      ...{ account: application.account, imageDigest: application.digest, imageId: application.imageId },
    });
    while ((await engine.count('policy_image')) > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    while ((await engine.count('index_garbage')) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await sizes()).toEqual(one);
    expect(outputs(await evaluate(bundle(VERIFY)), image)).toEqual(findings);
    for (let time = 0; time < 2; time += 1) {
      expect((await engine.call('DELETE', `users/acme/images/${image.imageId}`)).status).toBe(204);
    }
    expect(await sizes()).toEqual({ image_package: 0, package_content: 0, file_block: 0 });
    expect(await engine.count('image_artifact')).toBe(0);
  });

  it('reads documents of old analyzers as it reads its own', async () => {
    await engine.index(image);
    const own = await dump();
    await engine.index(old);
    const both = await sizes();
    expect(both).toEqual({
      image_package: own['packages']?.length,
      package_content: await engine.count('package_content'),
      file_block: own['files']?.length,
    });
    expect(outputs(await evaluate(bundle(VERIFY, SETUID), old), old)).toEqual(
      outputs(await evaluate(bundle(VERIFY, SETUID)), image),
    );
    await engine.call('DELETE', `users/acme/images/${old.imageId}`);
    expect(await dump()).toEqual(own);
  });

  it('replaces an image as a whole, or not at all', async () => {
    const before = await dump();
    // The last step of indexing fails: the transaction has written all by then.
    await sql().query(`ALTER TABLE image_artifact ADD CONSTRAINT broken CHECK (image < 0) NOT VALID`);
    await sql().query(`UPDATE catalog_image SET analysis_status = 'analyzing' WHERE "imageDigest" = $1`, [
      image.digest,
    ]);
    await engine.context.jobs.send('index-image', { account: image.account, imageDigest: image.digest });
    for (let error: string | null = null; error === null;) {
      const [row] = await sql().query<{ error: string | null }>(
        `SELECT analysis_error AS error FROM catalog_image WHERE "imageDigest" = $1`,
        [image.digest],
      );
      error = row?.error ?? null;
    }
    expect(await dump()).toEqual(before);
    await sql().query(`ALTER TABLE image_artifact DROP CONSTRAINT broken`);
    expect((await engine.index(image)).status).toBe('analyzed');
    expect(await dump()).toEqual(before);
  });

  it('does not index what was deleted meanwhile', async () => {
    await sql().query(`UPDATE catalog_image SET image_status = 'deleting' WHERE "imageDigest" = $1`, [old.digest]);
    await engine.context.jobs.send('index-image', { account: old.account, imageDigest: old.digest });
    for (;;) {
      const counts = await engine.context.jobs.counts();
      const queue = counts.find((count) => count.queue === 'index-image');
      if (queue?.waiting === 0 && queue.active === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await engine.count(`policy_image WHERE digest = '${old.digest}'`)).toBe(0);
  });

  describe('switched off', () => {
    const problem = {
      severity: 'error',
      problem_type: 'TriggerNotAvailableError',
      details: expect.stringMatching(/enable_package_db_load is false.*gate=packages,trigger=verify/i) as string,
    };
    let loaded: Awaited<ReturnType<typeof dump>>;

    beforeAll(async () => {
      loaded = await dump();
      expect((await evaluate(bundle(VERIFY))).evaluation_problems).toEqual([]); // cached from here on
      await engine.restart(OFF);
    });

    it('refuses bundles with packages.verify, wherever it stands', async () => {
      const validate = async (policy: unknown) => (await engine.call('POST', 'validate_bundle', policy)).body;
      expect(await validate(bundle(VERIFY))).toMatchObject({ valid: false, validation_details: [problem] });
      const parked = {
        ...bundle(SETUID),
        policies: [
          ...bundle(SETUID).policies,
          { id: 'p2', version: '1_0', rules: [{ ...VERIFY, gate: 'Packages', trigger: 'VERIFY' }] },
        ],
      };
      expect(await validate(parked)).toMatchObject({ valid: false, validation_details: [problem] });
      expect(await validate(bundle(SETUID))).toEqual({ valid: true, validation_details: [] });
      const spec = JSON.stringify((await engine.call('GET', 'policy_spec')).body);
      expect(spec).toContain('enable_package_db_load is false on this policy engine');
    });

    it('stops images that are mapped to it, also those evaluated before, and judges others as ever', async () => {
      const stopped = await evaluate(bundle(VERIFY, SETUID));
      expect(stopped).toMatchObject({
        ...{ final_action: 'stop', final_action_reason: 'policy_evaluation', evaluation_problems: [problem] },
        result: { [image.imageId]: { result: { row_count: 0, rows: [], final_action: 'stop' } } },
      });
      expect(await evaluate(bundle(VERIFY))).toMatchObject({ final_action: 'stop', evaluation_problems: [problem] });
      expect(await evaluate(bundle(SETUID))).toMatchObject({ final_action: 'warn', evaluation_problems: [] });
    });

    it('may be emptied; everything but the package contents stays the same', async () => {
      const purged = await purgePackageContents(sql());
      expect(purged).toMatchObject({ images: 1 });
      expect(purged.contents).toBeGreaterThan(10);
      expect(purged.bytes).toBeGreaterThan(8192);
      expect(await dump()).toEqual(loaded);
      expect(await engine.count('package_content')).toBe(0);
      expect((await engine.index(image)).status).toBe('analyzed');
      expect(await dump()).toEqual(loaded);
      expect(await engine.count('package_content')).toBe(0);
      expect(await evaluate(bundle(SETUID, SSH_DENIED))).toMatchObject({ final_action: 'warn' });
    });

    it('shows in the status; values other than yes and no stop the start', async () => {
      const status = async () => (await engine.call('GET', 'status')).body;
      expect(await status()).toMatchObject({ detail: { enable_package_db_load: false } });
      await expect(engine.restart('enable_package_db_load: maybe')).rejects.toThrow(/enable_package_db_load/);
      await engine.restart();
      expect(await status()).toMatchObject({ detail: { enable_package_db_load: true } });
    });

    it('switched on again, images must be loaded before verification judges them', async () => {
      await expect(purgePackageContents(sql())).rejects.toThrow(/is true at the policy engine on test-host/);
      expect(await evaluate(bundle(VERIFY, SETUID))).toMatchObject({
        final_action: 'stop',
        evaluation_problems: [
          {
            problem_type: 'TriggerNotAvailableError',
            details: expect.stringContaining('must be re-analyzed') as string,
          },
        ],
      });
      await reload(image);
      expect(outputs(await evaluate(bundle(VERIFY)), image)).toHaveLength(2);
      // Emptied by hand: the image lists contents that are not there.
      await sql().query('TRUNCATE package_content RESTART IDENTITY');
      expect(await evaluate(bundle(VERIFY))).toMatchObject({ final_action: 'stop' });
      expect((await evaluate(bundle(VERIFY))).evaluation_problems).toHaveLength(1);
      await reload(image);
      expect(outputs(await evaluate(bundle(VERIFY)), image)).toHaveLength(2);
    });
  });
});
