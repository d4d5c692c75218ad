import { DEFAULT_BUNDLE } from '../default-bundle.js';
import { bundleOf, mapping, rule } from '../testing/rule.js';
import { validateBundle } from './validate.js';

function validate(bundle: unknown, packageDbLoad = true) {
  return validateBundle(bundle, { packageDbLoad });
}

describe('validateBundle', () => {
  it('accepts the default bundle, and bundles with more keys than it knows', () => {
    expect(validate(DEFAULT_BUNDLE, false)).toEqual({ valid: true, problems: [] });
    expect(validate(bundleOf([rule('always.always', {}, { extra: 1 })], { extra: [] }))).toEqual({
      valid: true,
      problems: [],
    });
    expect(validate(bundleOf([rule('always.always', {}, { params: undefined })])).valid).toBe(true);
  });

  it('names the place of every fault in one go', () => {
    const bundle = {
      ...bundleOf([
        rule('packages.verify', { check: 'x' }),
        { ...rule('always.always'), action: 'stop' },
        rule('a.b'),
        null,
      ]),
      whitelists: [
        {
          id: 'w1',
          version: '1_0',
          items: [
            { gate: 'x', trigger_id: 'regexp:(' },
            { gate: 'x' },
            { gate: 'x', trigger_id: 'y', expires_on: '2020-10-15' },
          ],
        },
        { id: 'w2', version: '1_0' },
      ],
      mappings: [
        mapping({ policy_id: 'p1' }),
        mapping({ policy_ids: undefined }),
        mapping({ policy_ids: ['p1', 'p9'], whitelist_ids: ['w1', 'w8'], registry: 'regexp:[' }),
        mapping({ whitelist_ids: undefined, image: { type: 'name', value: '*' } }),
      ],
      whitelisted_images: [{ name: 'x' }],
      blacklisted_images: {},
    };
    const { valid, problems } = validate(bundle);
    expect(valid).toBe(false);
    expect(
      problems
        .filter(({ severity }) => severity === 'error')
        .map(({ problem_type, path }) => `${problem_type} ${path}`),
    ).toEqual([
      'ValidationError blacklisted_images',
      'ValidationError mappings[0]',
      'ValidationError mappings[1]',
      'ValidationError mappings[2].registry',
      'ReferencedObjectNotFoundError mappings[2]',
      'ReferencedObjectNotFoundError mappings[2]',
      'ValidationError mappings[3].image.type',
      'TypeError mappings[3].whitelist_ids',
      'ValidationError policies[0].rules[1].action',
      'ValidationError policies[0].rules[3]',
      'ParameterValueInvalidError policies[0].rules[0].params[0].value',
      'GateNotFoundError policies[0].rules[2]',
      'ValidationError whitelists[0].items[1].trigger_id',
      'ValidationError whitelists[0].items[0].trigger_id',
      'Exception whitelists[0].items[2].expires_on',
      'TypeError whitelists[1].items',
      'ValidationError whitelisted_images[0].registry',
      'ValidationError whitelisted_images[0].repository',
      'ValidationError whitelisted_images[0].image',
    ]);
    const texts = problems.map(({ details }) => details);
    expect(texts).toContain(
      'Cannot specify both policy_id and policy_ids properties in mapping rule, must use one or the other ()',
    );
    expect(texts).toContain('Referenced object not found (reference_type=policy,reference_id=p9)');
    expect(texts).toContain("'NoneType' object is not iterable (whitelists[1].items is missing)");
    expect(texts).toContainEqual(
      expect.stringMatching(/^could not convert input value \(2020-10-15\) into datetime using formats in \['%Y/),
    );
    expect(texts).toContainEqual(
      expect.stringMatching(/^No policy_id or policy_ids property found for mapping rule: \{'id': 'm1', 'name'/),
    );
  });

  it.each([null, undefined, 'text', 5, [], true])('refuses %j as a bundle', (value) => {
    expect(validate(value)).toMatchObject({ valid: false, problems: [{ problem_type: 'ValidationError' }] });
  });

  it('says nothing else of a version that it does not know', () => {
    expect(validate({ version: '2_0', policies: 5 }).problems).toEqual([
      {
        severity: 'error',
        problem_type: 'UnsupportedVersionError',
        details:
          `Found version 2_0, expected one of supported versions ['1_0']. Detail:"Version not supported" ` +
          `(supported_versions=['1_0'],found_version=2_0)`,
        path: 'version',
      },
    ]);
  });

  it('refuses a trigger that is switched off, once a rule, before all else and in unused policies too', () => {
    const bundle = bundleOf([rule('Packages.VERIFY', { check: 'zzz' }, { id: 'r-17' })]);
    const unused = {
      id: 'p2',
      version: '1_0',
      rules: [rule('packages.verify', {}, { id: 'r-18' }), rule('pkgcheck.verify')],
    };
    const { valid, problems } = validate({ ...bundle, policies: [...(bundle.policies as unknown[]), unused] }, false);
    expect(valid).toBe(false);
    expect(problems).toMatchObject([
      {
        severity: 'error',
        problem_type: 'TriggerNotAvailableError',
        details:
          'Trigger is disabled by configuration: enable_package_db_load is false on this policy engine ' +
          '(gate=Packages,trigger=VERIFY,rule_id=r-17)',
      },
      { severity: 'error', problem_type: 'TriggerNotAvailableError', rule_id: 'r-18', policy_id: 'p2' },
      { severity: 'warn', problem_type: 'EndOfLifedError' },
    ]);
    expect(validate(bundleOf([rule('packages.verify')])).valid).toBe(true);
  });

  it('only warns of faults that no mapping leads to, of doubles and of an empty mapping', () => {
    const unused = { id: 'p2', version: '1_0', rules: [rule('nope.x'), rule('always.always')] };
    const policies = [
      ...(bundleOf([rule('packages.blacklist', { name: 'a', NAME: 'b' })]).policies as unknown[]),
      unused,
      unused,
    ];
    const { valid, problems } = validate(bundleOf([], { policies, mappings: [mapping(), mapping()] }));
    expect(valid).toBe(true);
    expect(problems.map(({ severity, problem_type, path }) => `${severity} ${problem_type} ${path}`)).toEqual([
      'warn DuplicateIdentifierFoundError policies[0].rules[0].params[1].name',
      'warn GateNotFoundError policies[1].rules[0]',
      'warn DuplicateIdentifierFoundError policies[1].rules[1].id',
      'warn GateNotFoundError policies[2].rules[0]',
      'warn DuplicateIdentifierFoundError policies[2].rules[1].id',
      'warn DuplicateIdentifierFoundError policies[2].id',
      'warn DuplicateIdentifierFoundError mappings[1].id',
    ]);
    const double = bundleOf([rule('always.always')]);
    expect(
      validate({ ...double, policies: [...(double.policies as unknown[]), ...(double.policies as unknown[])] })
        .problems,
    ).toMatchObject([
      {
        severity: 'error',
        details: 'Object identifier found multiple times, not unique (identifier=p1,identifier_type=policy)',
      },
    ]);
    expect(validate(bundleOf([], { mappings: [] }))).toMatchObject({
      valid: true,
      problems: [{ severity: 'warn', path: 'mappings' }],
    });
  });

  it('bounds its answer for bundles that are wrong everywhere', () => {
    const rules = Array.from({ length: 20_000 }, () => ({ gate: 'x'.repeat(400), trigger: 'y', action: 'STOP' }));
    const { valid, problems } = validate(bundleOf(rules));
    expect(valid).toBe(false);
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)?.details).toBe('19000 more errors are not listed');
    expect(validate(bundleOf([rule('g'.repeat(100_000) + '.x')])).problems[0]?.details.length).toBeLessThan(2000);
    expect(validate(bundleOf(Array.from({ length: 20_001 }, () => 0))).problems).toMatchObject([
      { details: 'The bundle has 20001 rules; at most 20000 are possible' },
    ]);
    const items = Array.from({ length: 200_000 }, () => 7);
    expect(validate(bundleOf([], { whitelists: [{ id: 'w', version: '1_0', items }] })).valid).toBe(false);
    expect(validate(bundleOf([], { mappings: [mapping({ policy_ids: items })] })).problems).toHaveLength(1);
  });

  it('bounds what regular expressions may cost together', () => {
    const rules = Array.from({ length: 40 }, (_, i) => rule('files.name_match', { regex: i + 'x'.repeat(4000) }));
    const { problems } = validate(bundleOf(rules.map((found, i) => ({ ...found, id: `r${i}` }))));
    expect(problems.at(-1)?.details).toContain('are too large together');
  });
});
