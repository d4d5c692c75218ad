import { AnalysisError } from './errors.js';
import { LineSearch } from './line-search.js';
import { DEFAULT_SECRET_PATTERNS } from './rules.js';
import { compilePattern, mimeBase64, requiredLiterals } from './search-patterns.js';

const [ACCESS = '', SECRET = '', PRIVATE = '', DOCKER = '', API = ''] = DEFAULT_SECRET_PATTERNS;

function matches(pattern: string, line: string): boolean {
  const search = new LineSearch({ patterns: [pattern], maxFileSize: 10_000 });
  return search.search(line, line.toLowerCase()) !== undefined;
}

describe('default patterns', () => {
  const twenty = 'AKIAIOSFODNN7EXAMPLE';
  it.each([
    [ACCESS, `aws_access_key_id = ${twenty}`, true],
    [ACCESS, `  export AWS_ACCESS_KEY_ID==${twenty.toLowerCase()} # x`, true],
    [ACCESS, `aws_access_key_id = ${twenty}A`, false],
    [ACCESS, `aws_access_key_id = X${twenty}`, false],
    [ACCESS, `aws_access_key_id = ${twenty}1 and ${twenty}`, true],
    [ACCESS, `${twenty} aws_access_key_id = none`, false],
    [ACCESS, `aws_access_key_id ${twenty}`, false],
    [SECRET, `aws_secret_access_key = ${'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'}`, true],
    [SECRET, `aws_secret_access_key = ${'a'.repeat(41)}`, false],
    [PRIVATE, '-----BEGIN RSA PRIVATE KEY-----', true],
    [PRIVATE, ' -----BEGIN RSA PRIVATE KEY-----', false],
    [DOCKER, '{ "auth": "dXNlcjpwYXNz" }', true],
    [DOCKER, '{ "auth": "" }', false],
    [API, `my_api-key = ${'a1'.repeat(10)}`, true],
    [API, `my_api-key = ${'a1'.repeat(30)}b`, false],
    [API, `my_api-key = ${'a1'.repeat(9)}b`, false],
  ])('%s on %s', (pattern, line, expected) => {
    expect(matches(pattern, line)).toBe(expected);
    // V8 knows look-around: it is the oracle for what the expression means.
    const oracle = new RegExp(`^(?:${pattern.slice(pattern.indexOf('=') + 1).replace('(?i)', '')})`, 'i');
    expect(oracle.test(line)).toBe(expected);
  });
});

describe('patterns', () => {
  it('report the lines by number from 0 under the base64 of the entry', () => {
    const entry = `NAME=${'x'.repeat(80)}`;
    const search = new LineSearch({ patterns: [entry, 'a.c'], maxFileSize: 1 });
    const text = `abc\nzabc\n${'x'.repeat(81)}\nabc`;
    expect(search.search(text, text)).toEqual({ [mimeBase64(entry)]: [2], 'YS5j\n': [0, 3] });
    expect(
      mimeBase64(entry)
        .split('\n')
        .map((line) => line.length),
    ).toEqual([76, 40, 0]);
  });

  it.each(['(?=x)y', '(a)\\1', 'a(b'])('refuse %s with the way out', (source) => {
    expect(() => compilePattern(`X=${source}`)).toThrow(AnalysisError);
    expect(() => compilePattern(`X=${source}`)).toThrow(/analyzer_config\.yaml/);
  });

  it.each([
    ['(?i)-+BEGIN(.*)PRIVATE KEY-+', ['begin', 'private key-']],
    ['abc|def', []],
    ['abcd?ef[xyz]tail', ['abc', 'tail']],
    ['abcd{2}e\\.end', ['abc', 'end']],
    ['(abc)+', []],
  ])('of %s need the texts %j', (source, texts) => {
    expect(requiredLiterals(source)).toEqual(texts);
  });
});
