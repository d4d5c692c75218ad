import { PatternCompiler } from '../patterns/user-pattern.js';
import { bundleOf, evaluate, mapping, rule } from '../testing/rule.js';
import { CompiledAllowlist } from './allowlist.js';
import { parseExpiry } from './expiry.js';

const now = new Date('2023-01-01T00:00:00Z');

function list(...items: Record<string, unknown>[]): CompiledAllowlist {
  const numbered = items.map((item, index) => ({ id: `i${index}`, gate: 'vulnerabilities', ...item }));
  return new CompiledAllowlist(
    { id: 'w1', version: '1_0', items: numbered },
    'whitelists[0]',
    new PatternCompiler(),
    [],
  );
}

describe('CompiledAllowlist', () => {
  it.each<[string, string, boolean]>([
    ['CVE-1+libfoo', 'CVE-1+libfoo', true],
    ['CVE-1+libfoo', 'CVE-1+libfoo2', false],
    ['CVE-1+*', 'CVE-1+libfoo', true],
    ['CVE-1+*', 'CVE-11+libfoo', false],
    ['*', 'anything', true],
    ['*+libfoo', 'CVE-1+libfoo', true],
    ['CVE-*+lib*', 'CVE-1+libfoo', true],
    ['CVE-*+lib*', 'CVE-1+foo', false],
    ['cve-1+*', 'CVE-1+libfoo', false],
    ['regexp:CVE-[0-9]+', 'CVE-1+libfoo', true],
    ['regexp:libfoo', 'CVE-1+libfoo', false],
    ['a*', 'a*', true],
  ])('%s covers %s: %s', (pattern, triggerId, expected) => {
    expect(list({ trigger_id: pattern }).covers('vulnerabilities', triggerId, now) !== undefined).toBe(expected);
  });

  it('takes the first item that has not expired, of whatever form', () => {
    const expired = { expires_on: '2023-01-01T00:00:00Z' };
    const future = { expires_on: '2023-01-01T00:00:01Z' };
    const forms = ['a*', 'regexp:a', 'abc', '*b*c'];
    for (const [first = '', second = ''] of forms.flatMap((a) => forms.map((b) => [a, b]))) {
      const both = list({ trigger_id: first, ...future }, { trigger_id: second });
      expect(both.covers('Vulnerabilities', 'abc', now)).toEqual({
        itemId: 'i0',
        expires: new Date('2023-01-01T00:00:01Z'),
      });
      expect(
        list({ trigger_id: first, ...expired }, { trigger_id: second }).covers('vulnerabilities', 'abc', now),
      ).toEqual({
        itemId: 'i1',
        expires: null,
      });
    }
    expect(list({ trigger_id: 'abc' }).covers('packages', 'abc', now)).toBeUndefined();
  });

  it('finds its way among thousands of items', () => {
    const items = Array.from({ length: 3000 }, (_, i) => ({ trigger_id: i % 2 ? `CVE-${i}+*` : `CVE-${i}+libfoo` }));
    const large = list(...items);
    const covered = Array.from(
      { length: 300 },
      (_, i) => large.covers('vulnerabilities', `CVE-${i * 10}+libfoo`, now)?.itemId,
    );
    expect(covered).toEqual(Array.from({ length: 300 }, (_, i) => `i${i * 10}`));
  });

  it.each([
    ['2031-01-01T00:00:00Z', Date.UTC(2031, 0, 1)],
    ['2031-01-01T00:00:00.25Z', Date.UTC(2031, 0, 1) + 250],
    ['2031-01-01T00:00:00:123456Z', Date.UTC(2031, 0, 1) + 123],
    ['2031-01-01T00:00:00', undefined],
    ['2031-02-30T00:00:00Z', undefined],
    ['2031-13-01T00:00:00Z', undefined],
    ['never', undefined],
  ])('reads the time %s', (text, expected) => {
    expect(parseExpiry(text)).toBe(expected);
  });
});

describe('allowlists of an evaluation', () => {
  const rules = [rule('always.always', {}, { action: 'STOP' })];
  const item = { id: 'i1', gate: 'ALWAYS', trigger_id: 'alw*' };
  const evaluateWith = (items: unknown[], more: Record<string, unknown> = {}) => {
    const whitelists = [{ id: 'w1', version: '1_0', name: 'ok', items, ...more }];
    return evaluate(bundleOf(rules, { whitelists, mappings: [mapping({ whitelist_ids: ['w1'] })] }), {}, { now });
  };

  it('keep the row, make it go and say which item it was', async () => {
    const result = await evaluateWith([item]);
    const covered = { whitelist_name: 'ok', whitelist_id: 'w1', matched_rule_id: 'i1' };
    const id = 'a'.repeat(64);
    expect(result.finalAction).toBe('go');
    expect(result.evaluation.result).toMatchObject({
      [id]: {
        result: {
          row_count: 1,
          rows: [
            [id, 'reg.example/app:7', 'always', 'always', 'always', 'Unconditional trigger match', 'go', covered, 'p1'],
          ],
        },
      },
    });
  });

  it('hold until the item expires', async () => {
    const result = await evaluateWith([{ ...item, expires_on: '2023-06-01T00:00:00Z' }]);
    expect(result).toMatchObject({ finalAction: 'go', validUntil: new Date('2023-06-01T00:00:00Z') });
    expect(await evaluateWith([{ ...item, expires_on: '2022-06-01T00:00:00Z' }])).toMatchObject({
      finalAction: 'stop',
      validUntil: null,
    });
  });

  it('warn of items that cover nothing because they are faulty, and stop when the list is', async () => {
    expect(await evaluateWith([{ ...item, trigger_id: 'regexp:(' }])).toMatchObject({
      finalAction: 'stop',
      problems: [{ severity: 'warn', path: 'whitelists[0].items[0].trigger_id' }],
    });
    expect(await evaluateWith([item], { version: '9' })).toMatchObject({
      finalAction: 'stop',
      problems: [{ problem_type: 'UnsupportedVersionError' }],
      policies: [],
    });
  });
});
