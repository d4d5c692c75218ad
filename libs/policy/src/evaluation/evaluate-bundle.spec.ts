import { compileBundle } from '../bundle/compiled-bundle.js';
import { DEFAULT_BUNDLE } from '../default-bundle.js';
import { PolicyError } from '../errors.js';
import { imageOf } from '../testing/memory-image.js';
import { bundleOf, evaluate, mapping, rule } from '../testing/rule.js';
import { evaluateBundle } from './evaluate-bundle.js';

const id = 'a'.repeat(64);
const now = new Date('2023-01-01T00:00:00.900Z');

describe('evaluateBundle', () => {
  it('answers in the documented form', async () => {
    const bundle = bundleOf([rule('always.always', {}, { action: 'WARN' })]);
    const result = await evaluate(bundle, {}, { now });
    expect(result.evaluation).toEqual({
      user_id: 'acme',
      image_id: id,
      tag: 'reg.example/app:7',
      bundle,
      matched_mapping_rule: mapping(),
      matched_whitelisted_images_rule: false,
      matched_blacklisted_images_rule: false,
      result: {
        [id]: {
          result: {
            header: [
              'Image_Id',
              'Repo_Tag',
              'Trigger_Id',
              'Gate',
              'Trigger',
              'Check_Output',
              'Gate_Action',
              'Whitelisted',
              'Policy_Id',
            ],
            row_count: 1,
            rows: [
              [
                id,
                'reg.example/app:7',
                'always',
                'always',
                'always',
                'Unconditional trigger match',
                'warn',
                false,
                'p1',
              ],
            ],
            final_action: 'warn',
          },
        },
        policy_data: [],
        whitelist_data: [],
        policy_name: '',
        whitelist_names: [],
      },
      created_at: 1672531200,
      last_modified: 1672531200,
      final_action: 'warn',
      final_action_reason: 'policy_evaluation',
      evaluation_problems: [],
    });
    expect(result).toMatchObject({ status: 'pass', validUntil: null, cacheable: true });
  });

  it('orders rows by policy, by the first appearance of a gate, by rule', async () => {
    const always = (ruleId: string) => rule('always.always', {}, { id: ruleId });
    const policies = [
      {
        id: 'p1',
        version: '1_0',
        rules: [always('a'), rule('dockerfile.no_dockerfile_provided', {}, { id: 'b' }), always('c')],
      },
      { id: 'p2', version: '1_0', rules: [always('d')] },
    ];
    const result = await evaluate(bundleOf([], { policies, mappings: [mapping({ policy_ids: ['p2', 'p1'] })] }));
    expect(result.policies.map(({ decisions }) => decisions.map(({ ruleId }) => ruleId))).toEqual([
      ['d'],
      ['a', 'c', 'b'],
    ]);
  });

  it('lets image lists overrule policies, refusing ones first', async () => {
    const list = [{ name: 'x', registry: '*', repository: 'app', image: { type: 'tag', value: '*' } }];
    const bundle = bundleOf([rule('always.always')]);
    const allowed = await evaluate({ ...bundle, whitelisted_images: list });
    expect(allowed.evaluation).toMatchObject({
      final_action: 'go',
      final_action_reason: 'whitelisted',
      matched_whitelisted_images_rule: { name: 'x' },
    });
    expect(allowed.evaluation.result).toMatchObject({ [id]: { result: { final_action: 'stop', row_count: 1 } } });
    const both = await evaluate({ ...bundleOf([]), whitelisted_images: list, blacklisted_images: list });
    expect(both.evaluation).toMatchObject({ final_action: 'stop', final_action_reason: 'blacklisted' });
    expect(both.evaluation.result).toMatchObject({ [id]: { result: { final_action: 'go' } } });
  });

  it('stops without rows when a picked policy is invalid, whatever the image lists say', async () => {
    const list = [{ name: 'x', registry: '*', repository: '*', image: { type: 'tag', value: '*' } }];
    const result = await evaluate({ ...bundleOf([rule('always.always'), rule('nope.x')]), whitelisted_images: list });
    expect(result.evaluation).toMatchObject({
      final_action: 'stop',
      final_action_reason: 'policy_evaluation',
      matched_mapping_rule: { id: 'm1' },
      matched_whitelisted_images_rule: false,
      evaluation_problems: [{ problem_type: 'GateNotFoundError' }],
    });
    expect(result.evaluation.result).toMatchObject({
      [id]: { result: { rows: [], row_count: 0, final_action: 'stop' } },
    });
    expect(result).toMatchObject({ status: 'fail', cacheable: false });
  });

  it.each([
    ['a bundle of another version', { version: '2_0' }],
    ['a dangling policy', { policies: [] }],
    ['a dangling allowlist', { mappings: [mapping({ whitelist_ids: ['w9'] })] }],
    ['policies that are no list', { policies: null }],
  ])('stops for %s', async (_name, more) => {
    const result = await evaluate(bundleOf([rule('always.always')], more));
    expect(result).toMatchObject({ finalAction: 'stop', policies: [], problems: [{ severity: 'error' }] });
  });

  it('refuses packages.verify while it is switched off, but only where a mapping leads to it', async () => {
    const policies = [
      { id: 'p1', version: '1_0', rules: [rule('packages.verify'), rule('always.always')] },
      { id: 'p2', version: '1_0', rules: [rule('always.always', {}, { action: 'WARN' })] },
    ];
    const mappings = [mapping({ repository: 'app' }), mapping({ id: 'm2', policy_ids: ['p2'] })];
    const compiled = compileBundle(bundleOf([], { policies, mappings }));
    const run = (tag: string, packageDbState: 'loaded' | 'disabled') => {
      const view = imageOf({ packageDbState });
      return evaluateBundle(compiled, { account: 'acme', imageId: view.imageId, tag, view });
    };
    expect(await run('reg.example/app:1', 'disabled')).toMatchObject({
      finalAction: 'stop',
      policies: [],
      problems: [{ severity: 'error', problem_type: 'TriggerNotAvailableError', rule_id: 'r1' }],
    });
    expect(await run('reg.example/other:1', 'disabled')).toMatchObject({ finalAction: 'warn', problems: [] });
    expect(await run('reg.example/app:1', 'loaded')).toMatchObject({
      finalAction: 'stop',
      problems: [],
      policies: [{ policyId: 'p1' }],
    });
  });

  it('keeps the fault of one rule to that rule, which counts as stop', async () => {
    const rules = [
      rule('files.name_match', { regex: '(' }, { id: 'bad', action: 'GO' }),
      rule('always.always', {}, { id: 'good', action: 'WARN' }),
    ];
    const result = await evaluate(bundleOf(rules));
    expect(result).toMatchObject({
      finalAction: 'stop',
      cacheable: false,
      problems: [{ severity: 'error', problem_type: 'ParameterValueInvalidError', rule_id: 'bad', policy_id: 'p1' }],
      policies: [{ finalAction: 'stop', decisions: [{ ruleId: 'good' }] }],
    });
  });

  it('ignores gates at the end of their life, with a problem', async () => {
    const result = await evaluate(bundleOf([rule('anchoresec.vulnhigh'), rule('always.always', {}, { action: 'GO' })]));
    expect(result).toMatchObject({
      finalAction: 'go',
      problems: [{ severity: 'error', problem_type: 'EndOfLifedError' }],
    });
    expect(result.policies[0]?.decisions).toHaveLength(1);
  });

  it('stops when an entry that refuses images cannot be understood', async () => {
    const list = [{ name: 'x', registry: 'regexp:(', repository: '*', image: { type: 'tag', value: '*' } }];
    expect(await evaluate({ ...bundleOf([]), blacklisted_images: list })).toMatchObject({
      finalAction: 'stop',
      problems: [{ path: 'blacklisted_images[0].registry' }],
    });
    expect(await evaluate({ ...bundleOf([]), whitelisted_images: list })).toMatchObject({
      finalAction: 'go',
      problems: [{ severity: 'error' }],
    });
  });

  it('does not judge when the image cannot be read for now or nobody waits any more', async () => {
    const broken = imageOf({});
    const failing = { ...broken, retrievedFile: () => Promise.reject(new PolicyError('image_view_failed', 'away')) };
    const bundle = compileBundle(bundleOf([rule('passwd_file.content_not_available')]));
    const subject = { account: 'acme', imageId: broken.imageId, tag: null };
    await expect(evaluateBundle(bundle, { ...subject, view: failing })).rejects.toMatchObject({
      code: 'image_view_failed',
    });
    const signal = AbortSignal.abort();
    await expect(evaluateBundle(bundle, { ...subject, view: broken, signal })).rejects.toMatchObject({
      code: 'evaluation_aborted',
    });
    const odd = { ...broken, retrievedFile: () => Promise.reject(new Error('damaged row')) };
    expect(await evaluateBundle(bundle, { ...subject, view: odd })).toMatchObject({
      finalAction: 'stop',
      problems: [{ problem_type: 'TriggerEvaluationError', details: expect.stringContaining('damaged row') }],
    });
  });

  it('is not kept busy by a regular expression that is made to backtrack', async () => {
    const files = [{ path: `/${'a'.repeat(50_000)}!` }];
    const result = await evaluate(bundleOf([rule('files.name_match', { regex: '/(a+)+$' })]), { files });
    expect(result).toMatchObject({ finalAction: 'go', problems: [] });
  });

  it('has an end of findings', async () => {
    const files = Array.from({ length: 200_001 }, () => ({ path: '/x', mode: 0o104755 }));
    const result = await evaluate(bundleOf([rule('files.suid_or_guid_set', {}, { action: 'GO' })]), { files });
    expect(result.policies[0]?.decisions).toHaveLength(200_000);
    expect(result).toMatchObject({
      finalAction: 'stop',
      problems: [{ details: expect.stringContaining('too many findings') }],
    });
  });

  it('judges by the default bundle', async () => {
    const image = {
      dockerfileContents: 'FROM x\nEXPOSE 22\n',
      feed: { lastSync: now },
      vulnerabilities: [{ severity: 'Medium' }],
    };
    const result = await evaluate(DEFAULT_BUNDLE, image, { now });
    expect(result.policies[0]?.decisions.map(({ trigger, action }) => [trigger, action])).toEqual([
      ['exposed_ports', 'stop'],
      ['instruction', 'warn'],
      ['package', 'warn'],
    ]);
    expect(result).toMatchObject({
      finalAction: 'stop',
      problems: [],
      validUntil: new Date('2023-01-03T00:00:00.901Z'),
    });
  });
});
