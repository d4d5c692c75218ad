import { withApiPrefix } from './api-prefix.js';

describe('withApiPrefix', () => {
  it.each([
    ['/images', '/v1/images'],
    ['/v1/images?tag=a', '/v1/images?tag=a'],
    ['/', '/v1/'],
    ['', '/v1/'],
    ['/v1', '/v1'],
    ['/v1?x=1', '/v1?x=1'],
    ['/v10/images', '/v1/v10/images'],
    ['/v2/version', '/v1/v2/version'],
    ['/health?x', '/v1/health?x'],
  ])('turns %j into %j', (url, prefixed) => {
    expect(withApiPrefix(url)).toBe(prefixed);
  });
});
