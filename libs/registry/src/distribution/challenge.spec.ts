import { parseChallenges } from './challenge.js';

describe('parseChallenges', () => {
  it.each([
    [
      'Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://auth.example/token', service: 'r.example', scope: 'repository:a/b:pull,push' },
        },
      ],
    ],
    ['Basic realm="say \\"hi\\""', [{ scheme: 'basic', parameters: { realm: 'say "hi"' } }]],
    [
      'Negotiate, BASIC Realm=x , Bearer realm = "y"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'x' } },
        { scheme: 'bearer', parameters: { realm: 'y' } },
      ],
    ],
    ['', []],
    ['"nonsense', []],
  ])('%s', (header, expected) => {
    expect(parseChallenges(header)).toEqual(expected);
  });
});
