import { interpretRequest } from './add-request.js';
import { parseUtcTimestamp } from './utc-timestamp.js';

const digest = `sha256:${'a'.repeat(64)}`;
const interpret = (request: Record<string, unknown>) => interpretRequest(request);

describe('a request to add an image', () => {
  it.each([
    [
      'the older form by tag',
      { tag: 'alpine' },
      { kind: 'tag', tag: { registry: 'docker.io', repo: 'alpine', tag: 'latest' } },
    ],
    [
      'the older form by digest',
      { tag: 'quay.io/a/b:1', digest, created_at: '2021-06-01T10:00:00Z' },
      { kind: 'digest', digest, tag: { registry: 'quay.io', repo: 'a/b', tag: '1' }, createdAt: 1622541600 },
    ],
    [
      'the older form by digest pull string',
      { tag: 'quay.io/a/b:1', digest: `quay.io/a/b@${digest}` },
      { kind: 'digest', digest },
    ],
    [
      'a tag with Dockerfile and annotations',
      {
        source: { tag: { pullstring: 'localhost:5000/x:1', dockerfile: 'RlJPTSB4\nCg==' } },
        annotations: { team: 'a' },
      },
      { kind: 'tag', dockerfile: 'RlJPTSB4Cg==', annotations: { team: 'a' } },
    ],
    [
      'a digest of docker.io in either spelling',
      { source: { digest: { pullstring: `docker.io/library/nginx@${digest}`, tag: 'nginx:1' } } },
      { kind: 'digest', tag: { registry: 'docker.io', repo: 'nginx', tag: '1' } },
    ],
    ['an archived image', { source: { archive: { digest } } }, { kind: 'archive', digest }],
    [
      'a local image',
      { source: { local: { location: 'oci:/images/a:1', tag: 'localbuild/a:1' } } },
      { kind: 'local', location: 'oci:/images/a:1', tag: { registry: 'localbuild', repo: 'a', tag: '1' } },
    ],
    ['the first of several sources', { source: { archive: { digest }, tag: { pullstring: 'a:1' } } }, { kind: 'tag' }],
  ])('is understood: %s', (_name, request, expected) => {
    expect(interpret(request)).toMatchObject(expected);
  });

  it.each([
    ['source and tag', { source: { tag: { pullstring: 'a:1' } }, tag: 'a:1' }, 'not both'],
    ['nothing', {}, 'must include'],
    ['an empty source', { source: {} }, 'one of tag, digest'],
    ['a digest without tag', { digest }, 'needs a tag'],
    ['a digest as tag', { tag: `docker.io/a@${digest}` }, 'Must have tag-based pull string'],
    ['an image id as tag', { source: { tag: { pullstring: 'a'.repeat(64) } } }, 'Must have tag-based pull string'],
    ['a digest source without digest', { source: { digest: { pullstring: 'a:1', tag: 'a:1' } } }, 'with a digest'],
    [
      'a digest source without tag',
      { source: { digest: { pullstring: `a@${digest}`, tag: `a@${digest}` } } },
      'tag-based',
    ],
    ['another repository', { source: { digest: { pullstring: `a@${digest}`, tag: 'b:1' } } }, 'another repository'],
    [
      'a time with offset',
      {
        source: {
          digest: { pullstring: `a@${digest}`, tag: 'a:1', creation_timestamp_override: '2021-06-01T10:00:00+00:00' },
        },
      },
      'creation_timestamp_override',
    ],
    ['half a digest', { source: { archive: { digest: 'sha256:abc' } } }, 'source.archive.digest'],
    ['a plain Dockerfile', { tag: 'a:1', dockerfile: 'FROM scratch' }, 'base64'],
    ['odd characters', { tag: 'a b' }, 'bad character(s)'],
    ['a scheme', { tag: 'http://x.io/a:1' }, 'no scheme'],
  ])('is refused: %s', (_name, request, message) => {
    expect(() => interpret(request)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });
});

it.each([
  ['2021-06-01T10:00:00Z', 1622541600],
  ['2021-06-01T10:00:00.123456Z', 1622541600],
  ['2021-06-01T10:00:00:123Z', 1622541600],
  ['2021-02-30T10:00:00Z', undefined],
  ['2021-06-01 10:00:00Z', undefined],
  ['1969-01-01T00:00:00Z', undefined],
])('the time %s is %s', (text, seconds) => {
  expect(parseUtcTimestamp(text)).toBe(seconds);
});
