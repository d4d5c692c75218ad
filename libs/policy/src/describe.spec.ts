import { describeGates } from './describe.js';
import { validateBundle } from './bundle/validate.js';
import { bundleOf, rule } from './testing/rule.js';

const gates = describeGates();

describe('describeGates', () => {
  it('describes what is in use first, then what is not', () => {
    expect(gates.map(({ name }) => name)).toEqual([
      ...['always', 'dockerfile', 'files', 'licenses', 'malware', 'metadata', 'npms', 'packages', 'passwd_file'],
      ...['retrieved_files', 'ruby_gems', 'secret_scans', 'tag_drift', 'vulnerabilities'],
      ...['suiddiff', 'imagecheck', 'pkgdiff', 'anchoresec', 'pkgcheck', 'dockerfilecheck', 'filecheck'],
      ...['fileparse_passwd', 'gemcheck', 'metadatacheck', 'licblacklist', 'npmcheck', 'pkgblacklist', 'secretcheck'],
    ]);
    expect(gates.map(({ state }) => state)).toEqual([
      ...Array<string>(14).fill('active'),
      ...Array<string>(14).fill('eol'),
    ]);
    expect(gates.find(({ name }) => name === 'anchoresec')?.superceded_by).toBe('vulnerabilities');
  });

  it('has the documented form', () => {
    const trigger = gates.find(({ name }) => name === 'packages')?.triggers[1];
    expect(trigger).toEqual({
      name: 'verify',
      description: expect.stringContaining('package database'),
      state: 'active',
      superceded_by: null,
      parameters: [
        expect.objectContaining({
          name: 'only_packages',
          validator: expect.objectContaining({ type: 'CommaDelimitedStringList' }),
        }),
        expect.objectContaining({ name: 'only_directories' }),
        {
          name: 'check',
          description: expect.any(String),
          example: 'changed',
          required: false,
          state: 'active',
          superceded_by: null,
          validator: {
            description: 'One of changed, missing',
            criteria: { type: 'string', enum: ['changed', 'missing'] },
            type: 'EnumString',
          },
        },
      ],
    });
  });

  it('says in the description that a trigger is switched off', () => {
    const verify = describeGates({ packageDbLoad: false }).find(({ name }) => name === 'packages')?.triggers[1];
    expect(verify).toMatchObject({
      state: 'active',
      description: expect.stringContaining('enable_package_db_load is false'),
    });
  });

  it('gives examples that its own validation accepts', () => {
    const rules = gates
      .filter(({ state }) => state === 'active')
      .flatMap((gate) =>
        gate.triggers.map((trigger) => {
          const params = Object.fromEntries(trigger.parameters.map(({ name, example }) => [name, example]));
          return rule(`${gate.name}.${trigger.name}`, params, { id: `${gate.name}.${trigger.name}` });
        }),
      );
    expect(rules.length).toBeGreaterThan(40);
    expect(validateBundle(bundleOf(rules), { packageDbLoad: true })).toEqual({ valid: true, problems: [] });
  });
});
