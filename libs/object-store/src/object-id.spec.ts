import { checkObjectId, encodeUriPart } from './object-id.js';

const id = { account: 'admin', bucket: 'analysis_data', key: 'sha256:0' };

it.each([
  ['an empty account', { account: '' }],
  ['an empty key', { key: '' }],
  ['a NUL', { key: 'a\0b' }],
  ['a long account', { account: 'a'.repeat(256) }],
  ['a long bucket', { bucket: 'b'.repeat(129) }],
  ['a key of more than 1024 bytes in fewer characters', { key: 'é'.repeat(513) }],
  ['half a surrogate pair', { key: 'a\ud800' }],
])('refuses %s', (_name, parts) => {
  expect(() => checkObjectId({ ...id, ...parts })).toThrow(expect.objectContaining({ code: 'invalid_key' }));
});

it.each(['k'.repeat(1024), 'é'.repeat(512), '..', '/', '?#% \n', '🗝'])('accepts key %j', (key) => {
  expect(() => checkObjectId({ ...id, key })).not.toThrow();
});

it('encodes what would end a part of a uri, and keeps digests readable', () => {
  expect(encodeUriPart('sha256:ab')).toBe('sha256:ab');
  expect(encodeUriPart('a/b')).toBe('a%2Fb');
  expect(encodeUriPart('a/b?c#d%', { keepSlash: true })).toBe('a/b%3Fc%23d%25');
});
