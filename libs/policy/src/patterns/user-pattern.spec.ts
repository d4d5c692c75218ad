import { PatternBudget, PatternCompiler, UserPattern, UserPatternError } from './user-pattern.js';

describe('UserPattern', () => {
  it.each<[string, string, boolean]>([
    ['abc', 'abcdef', true],
    ['abc', 'xabc', false],
    ['a|b', 'xb', false],
    [String.raw`abc\Z`, 'abc', true],
    [String.raw`abc\Z`, 'abcd', false],
    ['a{,2}b', 'aab', true],
    ['a{,2}b', 'a{,2}b', false],
    ['[{,2}]+x', '{,2}x', true],
    ['(?i)ABC', 'abc', true],
    ['(?P<name>a)b$', 'ab', true],
    ['a.b', 'a\nb', false],
    ['', 'anything', true],
  ])('%s matches %j: %s', (source, text, expected) => {
    expect(UserPattern.compile(source).matches(text)).toBe(expected);
  });

  it.each(['(', '*a', '(?=a)', '(?<!a)b', String.raw`(a)\1`, 'a{2000}', 'x'.repeat(5000), '(a{100}){100}{100}'])(
    'refuses %.20s',
    (source) => {
      expect(() => UserPattern.compile(source)).toThrow(UserPatternError);
    },
  );

  it('needs time in proportion to the text only', () => {
    const pattern = UserPattern.compile('(a|a)*(b|bb)*c');
    expect(pattern.matches('a'.repeat(100_000) + 'b'.repeat(100_000))).toBe(false);
    expect(() => pattern.matches('a'.repeat(2 ** 20 + 1))).toThrow('too long');
  });
});

describe('PatternCompiler', () => {
  it('compiles each text once and has an end', () => {
    const compiler = new PatternCompiler(100);
    const first = compiler.compile('a{10}');
    for (let i = 0; i < 50; i += 1) expect(compiler.compile('a{10}')).toBe(first);
    expect(() => compiler.compile('b{90}')).toThrow('too large together');
    expect(() => compiler.compile('(')).toThrow('too large together');
  });
});

describe('PatternBudget', () => {
  it('refuses further work when it is used up', () => {
    const pattern = UserPattern.compile('a+');
    const used = new PatternBudget(-1);
    expect(() => used.matches(pattern, 'a'.repeat(1000))).toThrow(UserPatternError);
    expect(() => used.matches(pattern, 'a')).toThrow('make them simpler');
    const budget = new PatternBudget();
    expect([budget.matches(pattern, 'a'), budget.matches(pattern, 'b')]).toEqual([true, false]);
  });

  it('counts short texts by samples', () => {
    const pattern = UserPattern.compile('(a|b|ab)*c');
    const budget = new PatternBudget(1);
    const texts = Array.from({ length: 200_000 }, (_item, number) => `${'ab'.repeat(50)}${number}`);
    expect(() => texts.forEach((text) => budget.matches(pattern, text))).toThrow('make them simpler');
  });
});
