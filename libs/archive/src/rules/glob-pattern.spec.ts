import { globPattern } from './glob-pattern.js';

it.each([
  ['*', 'anything/at.all', true],
  ['docker.io', 'docker.io', true],
  ['docker.io', 'dockerxio', false],
  ['library/*', 'library/nginx', true],
  ['library/*', 'other/library/nginx', false],
  ['a_c%', 'abcd', false],
  ['a_c%', 'a_c%', true],
  ['v?', 'v1', true],
  ['v?', 'v10', false],
  ['v[0-9]', 'v7', true],
  ['v[!0-9]', 'v7', false],
  ['v[a-]', 'v-', true],
  ['v[', 'v[', true],
  ['a**b', 'a-b', true],
  ['', '', false],
  ['', 'x', false],
  ['(a|b)+\\', '(a|b)+\\', true],
  ['(a|b)', 'a', false],
])('%j matches %j: %s', (glob, text, expected) => {
  expect(new RegExp(globPattern(glob)).test(text)).toBe(expected);
});
