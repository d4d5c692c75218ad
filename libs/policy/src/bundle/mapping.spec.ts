import { PatternCompiler } from '../patterns/user-pattern.js';
import { bundleOf, evaluate, mapping, rule } from '../testing/rule.js';
import { compileImageRule } from './image-rule.js';
import { parsePullString } from './pull-string.js';

describe('parsePullString', () => {
  it.each([
    ['nginx', 'docker.io', 'nginx', 'latest', null],
    ['nginx:1.2', 'docker.io', 'nginx', '1.2', null],
    ['org/app', 'docker.io', 'org/app', 'latest', null],
    ['dockerhub/org/app:1', 'docker.io', 'org/app', '1', null],
    ['reg.example:5000/a/b/c', 'reg.example:5000', 'a/b/c', 'latest', null],
    ['localhost/a:1', 'localhost', 'a', '1', null],
    ['reg.example/a@sha256:ab', 'reg.example', 'a', null, 'sha256:ab'],
    ['reg.example/a:1@sha256:ab', 'reg.example', 'a', '1', 'sha256:ab'],
    ['*/*:*', 'docker.io', '*/*', '*', null],
  ])('%s', (input, registry, repository, tag, digest) => {
    expect(parsePullString(input)).toEqual({ registry, repository, tag, digest });
  });
});

describe('image rules', () => {
  const digest = `sha256:${'d'.repeat(64)}`;
  const candidate = { imageId: 'i1', imageDigest: digest };

  it.each<[string, string, string, string, string, boolean]>([
    ['*', '*', 'tag', '*', 'reg.example/app:7', true],
    ['reg.*', '*', 'tag', '7', 'reg.example/app:7', true],
    ['docker.io', 'library/*', 'tag', '*', 'library/a/b:1', true],
    ['docker.io', 'nginx', 'tag', 'LATEST', 'nginx', false],
    ['reg.example', 'ap', 'tag', '*', 'reg.example/app:7', false],
    ['regexp:(reg|hub)\\.', 'regexp:a', 'tag', '*', 'reg.example/app:7', true],
    ['*', 'regexp:pp', 'tag', '*', 'reg.example/app:7', false],
    ['*', '*a*b*', 'tag', '*', 'x.y/aXXb:1', true],
    ['*', 'ab*ba', 'tag', '*', 'x.y/aba:1', false],
    ['*', 'a.c', 'tag', '*', 'x.y/abc:1', false],
    ['*', '*', 'tag', '*', `reg.example/app@${digest}`, false],
    ['*', '*', 'digest', digest, 'reg.example/app:7', true],
    ['*', '*', 'digest', 'sha256:*', 'reg.example/app:7', false],
    ['hub', '*', 'digest', digest, 'reg.example/app:7', false],
    ['*', '*', 'id', 'i1', 'reg.example/app:7', true],
    ['*', '*', 'id', '*', 'reg.example/app:7', false],
  ])('%s %s %s %s: %s', (registry, repository, type, value, tag, expected) => {
    const compiled = compileImageRule({ registry, repository, image: { type, value } }, '', new PatternCompiler(), []);
    expect(compiled.problems).toEqual([]);
    expect(compiled.matches({ ...parsePullString(tag), ...candidate })).toBe(expected);
  });
});

describe('mappings of an evaluation', () => {
  const policies = ['p1', 'p2'].map((id) => ({
    id,
    version: '1_0',
    rules: [rule('always.always', {}, { action: id === 'p1' ? 'STOP' : 'WARN' })],
  }));
  const first = mapping({ id: 'm1', repository: 'base/*' });
  const second = mapping({ id: 'm2', policy_ids: undefined, policy_id: 'p2' });
  const bundle = bundleOf([], { policies, mappings: [first, second] });

  it('takes the first that fits', async () => {
    const base = await evaluate(bundle, {}, { tag: 'reg.example/base/os:1' });
    expect(base).toMatchObject({ finalAction: 'stop', evaluation: { matched_mapping_rule: { id: 'm1' } } });
    const other = await evaluate(bundle, {}, { tag: 'reg.example/app:1' });
    expect(other).toMatchObject({
      finalAction: 'warn',
      status: 'pass',
      evaluation: { matched_mapping_rule: { id: 'm2' } },
    });
    const any = await evaluate(bundle, {}, { tag: null });
    expect(any.evaluation).toMatchObject({ tag: '*/*:*', matched_mapping_rule: { id: 'm2' } });
  });

  it('lets images pass that no mapping fits, without looking at policies', async () => {
    const result = await evaluate({ ...bundle, policies: [], mappings: [first] });
    expect(result).toMatchObject({ finalAction: 'go', problems: [], evaluation: { matched_mapping_rule: false } });
  });

  it('knows digests and ids', async () => {
    const byDigest = mapping({ image: { type: 'digest', value: `sha256:${'d'.repeat(64)}` } });
    const byId = mapping({ image: { type: 'id', value: 'a'.repeat(64) } });
    for (const rule of [byDigest, byId])
      expect(await evaluate({ ...bundle, mappings: [rule] })).toMatchObject({ finalAction: 'stop', problems: [] });
  });

  it('stops at a mapping that cannot be understood, but not behind the one that fits', async () => {
    const broken = mapping({ repository: 'regexp:(' });
    const result = await evaluate({ ...bundle, mappings: [broken, second] });
    expect(result).toMatchObject({ finalAction: 'stop', problems: [{ path: 'mappings[0].repository' }], policies: [] });
    expect(await evaluate({ ...bundle, mappings: [second, broken] })).toMatchObject({
      finalAction: 'warn',
      problems: [],
    });
  });
});
