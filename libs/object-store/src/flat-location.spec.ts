import { flatName, flatUri, FLAT_LIMITS, fromFlatUri } from './flat-location.js';

const at = { account: 'admin', bucket: 'analysis_data', key: 'sha256:0a1b', unique: 'u1' };

it('keeps the layout of the old system, with a unique part', () => {
  expect(flatName('', at)).toBe('admin/analysis_data/sha256:0a1b.u1');
  expect(flatName('internaltest', { ...at, key: 'sha256:1/docker.io/a:b' })).toBe(
    'internaltestadmin/analysis_data/sha256:1/docker.io/a:b.u1',
  );
});

it.each(['..', '.', '/absolute', '../../x', 'a//b/', '?#% ü', 'line\nbreak'])(
  'makes %j plain segments of ASCII that no client changes',
  (odd) => {
    for (const part of ['account', 'bucket', 'key']) {
      const name = flatName('', { ...at, [part]: odd });
      expect(name).toMatch(/^[\x21-\x7e]+$/);
      expect(name).not.toMatch(/[?#]/);
      expect(new URL(`http://host/${name}`).pathname).toBe(`/${name}`);
      expect(name.split('/')).not.toContain('');
    }
  },
);

it('gives different keys different names', () => {
  const keys = [
    'a/b',
    'a%2Fb',
    'a//b',
    'a/%2Fb',
    '.',
    '..',
    '%2E',
    'k'.repeat(1024),
    'k'.repeat(1023),
    'a/'.repeat(300),
  ];
  expect(new Set(keys.map((key) => flatName('', { ...at, key }))).size).toBe(keys.length);
  const moved = { ...at, account: 'admin/analysis_data', bucket: 'b' };
  expect(flatName('', moved)).not.toBe(flatName('', { ...at, key: 'b/sha256:0a1b' }));
});

it('keeps the longest names below the limits of the services', () => {
  const longest = { account: 'ü'.repeat(127), bucket: 'ü'.repeat(64), unique: 'u'.repeat(64) };
  for (const key of ['k'.repeat(1024), 'ü'.repeat(512), 'ü/'.repeat(341)]) {
    const name = flatName('p'.repeat(FLAT_LIMITS.prefix), { ...longest, key });
    expect(name.length).toBeLessThanOrEqual(FLAT_LIMITS.name);
    expect(Math.max(...name.split('/').map((segment) => segment.length))).toBeLessThanOrEqual(FLAT_LIMITS.prefix + 200);
    expect(() => decodeURIComponent(name)).not.toThrow();
  }
});

it('takes locations of the old system as they are written', () => {
  expect(fromFlatUri('s3', 's3://MyBucket/admin/b/what?is#this%20/..')).toEqual({
    container: 'MyBucket',
    name: 'admin/b/what?is#this%20/..',
  });
  const name = flatName('', at);
  expect(fromFlatUri('s3', flatUri('s3', 'box', name))).toEqual({ container: 'box', name });
});

it.each(['s3://', 's3://bucket', 's3://bucket/', 's3:///key', 'swift://bucket/key', 'bucket/key', ''])(
  'refuses %j',
  (uri) => {
    expect(() => fromFlatUri('s3', uri)).toThrow(expect.objectContaining({ code: 'invalid_key' }));
  },
);
