import { findings, messages } from '../testing/rule.js';

const DOCKERFILE = [
  '# a comment',
  'FROM scratch',
  'RUN apt-get update && \\',
  '    # in between',
  '    apt-get install x',
  'expose 22 80/tcp 9000-9010',
  'USER app',
  'RUN <<EOT',
  'USER nobody',
  'EOT',
].join('\n');

const actual = { dockerfileMode: 'Actual', dockerfileContents: DOCKERFILE } as const;
const guessed = { ...actual, dockerfileMode: 'Guessed' } as const;

describe('dockerfile gate', () => {
  it('gives the id that allowlists in the field know', async () => {
    const [found] = await findings(
      'dockerfile.instruction',
      { instruction: 'HEALTHCHECK', check: 'not_exists' },
      actual,
    );
    expect(found?.triggerId).toBe('41cb7cdf04850e33a11f80c42bf660b3');
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'joined lines',
      { check: 'like', value: '.*install' },
      ["'like' matched against '.*install' for line 'apt-get update && apt-get install x'"],
    ],
    ['exists', { check: 'exists', instruction: 'FROM' }, ["'exists' matched against '' for line 'scratch'"]],
    ['=', { check: '=', instruction: 'FROM', value: 'scratch' }, ["'=' matched against 'scratch' for line 'scratch'"]],
    [
      'in',
      { check: 'in', instruction: 'FROM', value: 'alpine, scratch' },
      ["'in' matched against 'alpine, scratch' for line 'scratch'"],
    ],
    ['not_in', { check: 'not_in', instruction: 'FROM', value: 'scratch' }, []],
    ['!=', { check: '!=', instruction: 'FROM', value: 'x' }, ["'!=' matched against 'x' for line 'scratch'"]],
    [
      'not_in',
      { check: 'not_in', instruction: 'FROM', value: 'alpine' },
      ["'not_in' matched against 'alpine' for line 'scratch'"],
    ],
    [
      'not_like',
      { check: 'not_like', instruction: 'FROM', value: 'cratch' },
      ["'not_like' matched against 'cratch' for line 'scratch'"],
    ],
    ['no value', { check: '!=', instruction: 'FROM' }, []],
    ['like is anchored at the start', { check: 'like', instruction: 'FROM', value: 'cratch' }, []],
  ])('compares instructions: %s', async (_name, params, expected) => {
    const found = await messages('dockerfile.instruction', { instruction: 'RUN', ...params }, actual);
    expect(found.map((text) => text.replace(/^Dockerfile directive '[A-Z]+' check /, ''))).toEqual(expected);
  });

  it('looks only at given Dockerfiles when told so', async () => {
    const params = { instruction: 'FROM', check: 'exists', actual_dockerfile_only: 'True' };
    expect(await messages('dockerfile.instruction', params, guessed)).toEqual([]);
    expect(await messages('dockerfile.instruction', params, actual)).toHaveLength(1);
    const unknown = { ...actual, dockerfileMode: 'Unknown' } as const;
    expect(await messages('dockerfile.instruction', { instruction: 'ADD', check: 'not_exists' }, unknown)).toEqual([]);
  });

  it('knows the effective user, and that nobody means root', async () => {
    const user = (users: string, type: string, contents = DOCKERFILE) =>
      messages('dockerfile.effective_user', { users, type }, { ...actual, dockerfileContents: contents });
    expect(await user('root, app', 'blacklist')).toEqual([
      'User app found as effective user, which is explicity not allowed',
    ]);
    expect(await user('nobody', 'whitelist')).toEqual([
      'User app found as effective user, which is not on the allowed list',
    ]);
    expect(await user('nobody', 'blacklist')).toEqual([]);
    expect(await user('root', 'blacklist', 'FROM x')).toHaveLength(1);
    expect(await user('a:b', 'blacklist', 'USER [a:b]')).toHaveLength(1);
  });

  it('reads exposed ports of given Dockerfiles alone when told so', async () => {
    const params = { ports: '22', type: 'blacklist', actual_dockerfile_only: 'true' };
    expect(await messages('dockerfile.exposed_ports', params, guessed)).toEqual([]);
    expect(await messages('dockerfile.exposed_ports', params, actual)).toHaveLength(1);
    expect(
      await messages('dockerfile.exposed_ports', { ...params, actual_dockerfile_only: 'false' }, guessed),
    ).toHaveLength(1);
  });

  it('knows exposed ports in all their forms', async () => {
    const ports = (list: string, type: string) => messages('dockerfile.exposed_ports', { ports: list, type }, actual);
    expect(await ports('22,80,443', 'blacklist')).toEqual([
      'Dockerfile exposes port (22) which is in policy file DENIEDPORTS list',
      'Dockerfile exposes port (80/tcp) which is in policy file DENIEDPORTS list',
    ]);
    expect(await ports('22,80', 'whitelist')).toEqual([
      'Dockerfile exposes port (9000-9010) which is not in policy file ALLOWEDPORTS list',
    ]);
  });

  it('fires when no Dockerfile was given', async () => {
    expect(await messages('dockerfile.no_dockerfile_provided', {}, { dockerfileMode: null })).toEqual([
      'Image was not analyzed with an actual Dockerfile',
    ]);
    expect(await messages('dockerfile.no_dockerfile_provided', {}, actual)).toEqual([]);
  });
});
