import { bundleOf, rule } from '../testing/rule.js';
import { validateBundle } from './validate.js';

describe('rules at upload', () => {
  it.each([
    [
      'unknown gate',
      rule('nope.x'),
      'GateNotFoundError',
      /^The specified gate is not found in the policy engine as a valid gate name \(gate=nope,trigger=None,rule_id=r1,valid_gates=\['always', 'dockerfile', .*'secretcheck'\]\)$/,
    ],
    [
      'unknown trigger',
      rule('packages.nope'),
      'TriggerNotFoundError',
      "Trigger not found for specified gate. Valid triggers are: ['required_package', 'verify', 'blacklist'] (gate=packages,trigger=nope,rule_id=r1)",
    ],
    [
      'gate at the end of its life',
      rule('GemCheck.gemnotlatest'),
      'EndOfLifedError',
      "Gate GemCheck has been End-of-Lifed. It will not be evaluated, and should be removed from policies and replaced with 'gems'",
    ],
    [
      'gate without successor',
      rule('pkgdiff.pkgadd', { anything: 'goes' }),
      'EndOfLifedError',
      'Gate pkgdiff has been End-of-Lifed. It will not be evaluated, and should be removed from policies',
    ],
    [
      'missing parameter',
      rule('packages.blacklist'),
      'ParameterValueInvalidError',
      'Required parameter (gate=packages,trigger=blacklist,rule_id=r1,parameter=name)',
    ],
    [
      'unknown parameter',
      rule('packages.verify', { dirs: '/usr' }),
      'InvalidParameterError',
      "Rule validation error (gate=packages,trigger=verify,rule_id=r1,parameter=dirs,valid_parameters=['only_packages', 'only_directories', 'check'])",
    ],
    [
      'value that is none of the choices',
      rule('packages.verify', { check: 'zzz' }),
      'ParameterValueInvalidError',
      "Parameter validation failed: JSON Schema validation failed. Schema={'type': 'string', 'enum': ['changed', 'missing']}, " +
        "Detail='zzz' is not one of ['changed', 'missing'] (gate=packages,trigger=verify,rule_id=r1,parameter=check)",
    ],
    [
      'value that is no text',
      rule('packages.verify', { check: 10 }),
      'ParameterValueInvalidError',
      /Detail=10 is not of type 'string'/,
    ],
    [
      'empty number',
      rule('vulnerabilities.package', { package_type: 'all', cvss_v3_base_score: '' }),
      'ParameterValueInvalidError',
      /'' is not a number/,
    ],
    [
      'number list',
      rule('dockerfile.exposed_ports', { ports: '22,x', type: 'blacklist' }),
      'ParameterValueInvalidError',
      /'22,x' does not match/,
    ],
    [
      'linked value',
      rule('metadata.attribute', { attribute: 'size', check: '>', value: '5 MB' }),
      'ParameterValueInvalidError',
      /'5 MB' does not match/,
    ],
    [
      'missing linked value',
      rule('metadata.attribute', { attribute: 'size', check: '>' }),
      'ParameterValueInvalidError',
      /Detail=None is not of type 'string'/,
    ],
    [
      'regular expression',
      rule('files.name_match', { regex: String.raw`*\.pem` }),
      'ParameterValueInvalidError',
      /invalid regular expression '\*\\\\.pem'.*parameter=regex/,
    ],
    [
      'look-ahead',
      rule('files.name_match', { regex: '(?=x)' }),
      'ParameterValueInvalidError',
      /look-ahead.*not available/,
    ],
    [
      'regular expression that repeats too much',
      rule('files.name_match', { regex: '((x{100}){100}){100}' }),
      'ParameterValueInvalidError',
      /repeats too much/,
    ],
    [
      'regular expression by its check',
      rule('metadata.attribute', { attribute: 'distro', check: 'like', value: '(' }),
      'ParameterValueInvalidError',
      /invalid regular expression/,
    ],
    [
      'octal mode',
      rule('files.attribute_match', { filename: '/x', mode: '9' }),
      'ParameterValueInvalidError',
      /'9' is not an octal mode/,
    ],
  ])('refuses %s', (_name, faulty, problem_type, details) => {
    const { problems } = validateBundle(bundleOf([faulty]), { packageDbLoad: true });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ severity: 'error', problem_type, policy_id: 'p1', rule_id: 'r1' });
    if (typeof details === 'string') expect(problems[0]?.details).toBe(details);
    else expect(problems[0]?.details).toMatch(details);
  });
});
