import { floatText, oct, reprList, reprValue, splitLines } from './python-text.js';

describe('python text forms', () => {
  it('writes lists like repr', () => {
    expect(reprList(['a', "it's", `both ' and "`, 'back\\slash', 'line\n'])).toBe(
      String.raw`['a', "it's", 'both \' and "', 'back\\slash', 'line\n']`,
    );
    expect(reprList([])).toBe('[]');
  });

  it('writes values like repr, cut where they are long or deep', () => {
    expect(reprValue({ a: [1, true, null, 'x'] })).toBe("{'a': [1, True, None, 'x']}");
    expect(reprValue('x'.repeat(10_000)).length).toBeLessThan(600);
    expect(reprValue([[[[[[[[]]]]]]]])).toBe('[[[[[[...]]]]]]');
  });

  it('writes numbers like str and oct', () => {
    expect([floatText(9), floatText(9.8), floatText(-1), oct(0o104755), oct(0)]).toEqual([
      '9.0',
      '9.8',
      '-1.0',
      '0o104755',
      '0o0',
    ]);
  });

  it('splits lines of any system', () => {
    expect(splitLines('a\r\nb\rc\n\nd\n')).toEqual(['a', 'b', 'c', '', 'd']);
  });
});
