import type { ImageFacts } from '../testing/memory-image.js';
import { bundleOf, evaluate, messages, rule } from '../testing/rule.js';

describe('metadata', () => {
  const image: ImageFacts = { size: 2_000_000, distroVersion: '9', architecture: null };
  const check = (attribute: string, check: string, value?: string) =>
    messages('metadata.attribute', { attribute, check, ...(value === undefined ? {} : { value }) }, image);
  const text = (rest: string) => [`Attribute check for attribute: ${rest}`];

  it.each<[string, string, string | undefined, string[]]>([
    ['size', '>', '1mb', text("'size' check: '>' check_value: '1048576' matched image value: '2000000'")],
    ['size', '>', '2mb', []],
    ['layer_count', '=', ' 3 ', text("'layer_count' check: '=' check_value: '3' matched image value: '3'")],
    ['distro_version', '>', '10', text("'distro_version' check: '>' check_value: '10' matched image value: '9'")],
    [
      'architecture',
      'not_exists',
      undefined,
      text("'architecture' check: 'not_exists' check_value: '' matched image value: 'None'"),
    ],
    [
      'architecture',
      '!=',
      'arm64',
      text("'architecture' check: '!=' check_value: 'arm64' matched image value: 'None'"),
    ],
    ['distro', 'like', 'deb', text("'distro' check: 'like' check_value: 'deb' matched image value: 'debian'")],
    ['distro', 'not_like', 'deb', []],
    [
      'distro',
      'in',
      'alpine, debian',
      text("'distro' check: 'in' check_value: 'alpine, debian' matched image value: 'debian'"),
    ],
    [
      'distro',
      'not_in',
      'alpine',
      text("'distro' check: 'not_in' check_value: 'alpine' matched image value: 'debian'"),
    ],
    ['size', '>=', '2000000', text("'size' check: '>=' check_value: '2000000' matched image value: '2000000'")],
    ['size', '<=', '1kb', []],
    ['size', '<', '1gb', text("'size' check: '<' check_value: '1073741824' matched image value: '2000000'")],
    [
      'like_distro',
      '=',
      'debian',
      text("'like_distro' check: '=' check_value: 'debian' matched image value: 'debian'"),
    ],
    ['os_type', 'exists', undefined, text("'os_type' check: 'exists' check_value: '' matched image value: 'linux'")],
  ])('compares %s %s %s', async (attribute, operator, value, expected) => {
    expect(await check(attribute, operator, value)).toEqual(expected);
  });

  it.each([
    ['size', 'like', '1'],
    ['architecture', '>', 'a'],
  ])('warns that %s cannot be compared with %s', async (attribute, operator, value) => {
    const result = await evaluate(bundleOf([rule('metadata.attribute', { attribute, check: operator, value })]), image);
    expect(result.finalAction).toBe('go');
    expect(result.problems).toMatchObject([{ severity: 'warn', rule_id: 'r1' }]);
  });
});
