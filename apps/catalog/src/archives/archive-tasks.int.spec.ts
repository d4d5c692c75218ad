import { SAMPLE_LAYOUT, analyzeSample } from '../testing/analyze-sample.js';
import { eventually } from '../testing/eventually.js';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';

let catalog: TestCatalog;
afterAll(() => catalog.stop());

it('rules run by themselves: the image goes to the archive and leaves the working set', async () => {
  catalog = await startCatalog(`    local_image_directories: [${JSON.stringify(SAMPLE_LAYOUT)}]
    cycle_timers: { archive_tasks: -1 }`);
  const source = { local: { location: `oci:${SAMPLE_LAYOUT}`, tag: 'localbuild/sample:1' } };
  const { body } = await catalog.call('POST /v1/images', { body: { source } });
  const digest = body[0].imageDigest as string;
  await analyzeSample(catalog.service.context, 'admin', 'localbuild/sample:1');
  await catalog.database.sql.query('UPDATE catalog_image SET analyzed_at = analyzed_at - 10 * 86400');
  const selector = { registry: 'localbuild', repository: '*', tag: '*' };
  const rule = await catalog.call('POST /v1/archives/rules', {
    body: { transition: 'archive', selector, analysis_age_days: 9 },
  });
  await eventually('the rule has run', async () => (await catalog.call(`GET /v1/images/${digest}`)).status === 404);
  expect((await catalog.call(`GET /v1/archives/images/${digest}`)).body.status).toBe('archived');
  expect((await catalog.call(`GET /v1/archives/rules/${rule.body.rule_id}/history`)).body).toEqual([
    expect.objectContaining({ image_digest: digest, transition: 'archive', transition_state: 'complete' }),
  ]);
});
