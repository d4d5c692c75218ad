import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { inspectBundle, readBundle } from './read-bundle.js';
import { writeBundle, type BundleMember } from './write-bundle.js';

const digest = `sha256:${'a'.repeat(64)}`;
const head = { account: 'admin', image_digest: digest, metadata: { image_id: 'b'.repeat(64) } };
const member = (name: string, content: string, size = Buffer.byteLength(content)): BundleMember => ({
  name,
  source: { bucket: 'analysis_data', key: digest },
  size,
  content: Readable.from([Buffer.from(content)]),
});

async function* members(...list: BundleMember[]): AsyncGenerator<BundleMember> {
  yield* list;
}

/** A gzip-compressed tar of plain members. */
async function tarball(...entries: [Parameters<ReturnType<typeof pack>['entry']>[0], string][]): Promise<Readable> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const [header, content] of entries) archive.entry(header, content);
  archive.finalize();
  return Readable.from([gzipSync(await bytes)]);
}

const manifest = (artifacts: unknown[], more: object = {}) =>
  JSON.stringify({ account: 'admin', image_digest: digest, archived_at: 'x', metadata: null, artifacts, ...more });
const artifact = (name: string, metadata: object = {}) => ({
  name,
  source: null,
  dest: { tarfile_path: name },
  metadata,
});

describe('a bundle', () => {
  it('is a tar.gz that other programs read, with the manifest last', async () => {
    const bytes = await buffer(writeBundle(head, members(member('analysis', '{"document":1}'), member('empty', ''))));
    const listing = execFileSync('tar', ['-tvzf', '-', '--full-time', '--utc', '--numeric-owner'], { input: bytes });
    expect(listing.toString().trim().split('\n')).toEqual([
      expect.stringMatching(/^-rw-r--r-- 0\/0 +14 1970-01-01 00:00:00 analysis$/),
      expect.stringMatching(/ +0 1970-01-01 00:00:00 empty$/),
      expect.stringMatching(/ archive_manifest$/),
    ]);
    const found = await inspectBundle(Readable.from([bytes]));
    expect(found).toMatchObject({ ...head, archived_at: expect.stringMatching(/^\d{4}-.*\.\d{6}$/) });
    expect(found.artifacts[0]).toMatchObject({
      name: 'analysis',
      source: { bucket: 'analysis_data', key: digest },
      dest: { tarfile_path: 'analysis' },
      // printf '{"document":1}' | sha256sum
      metadata: { bytes_copied: 14, sha256: '97ffe7356d0d6e05304b1a45677c78bbb5ae64ec202bfb5035b6ec690a9e91be' },
    });
  });

  it('fails as a whole with a member that fails or lies about its length', async () => {
    const broken = new Readable({ read: () => broken.destroy(new Error('disk on fire')) });
    const bad = { ...member('image_content', ''), size: 5, content: broken };
    await expect(buffer(writeBundle(head, members(member('analysis', 'x'), bad)))).rejects.toThrow('disk on fire');
    await expect(buffer(writeBundle(head, members(member('analysis', 'x', 2))))).rejects.toThrow(/size mismatch/i);
  });

  it('gives back what was put in, member by member, also when some are skipped', async () => {
    const long = 'x'.repeat(300_000);
    const bundle = writeBundle(head, members(member('a', 'A'), member('long', long), member('b', 'B')));
    const found: string[] = [];
    for await (const { name, content } of readBundle(bundle)) {
      if (name !== 'long') found.push(`${name}=${(await buffer(content)).toString().slice(0, 1)}`);
    }
    expect(found).toEqual(['a=A', 'b=B', 'archive_manifest={']);
  });

  it('is refused when a byte of a member changed', async () => {
    const bytes = gunzipSync(await buffer(writeBundle(head, members(member('analysis', 'ABCDEFG')))));
    bytes.write('Z', bytes.indexOf('ABCDEFG'));
    await expect(inspectBundle(Readable.from([gzipSync(bytes)]))).rejects.toMatchObject({
      code: 'invalid_bundle',
      message: expect.stringContaining('"analysis" is not what its manifest records'),
    });
  });

  it.each([
    [
      'cut short',
      async () =>
        Readable.from([(await buffer(writeBundle(head, members(member('a', 'x'.repeat(9999)))))).subarray(0, 60)]),
    ],
    ['no gzip', async () => Readable.from([Buffer.from('hello, this is no archive')])],
    ['without manifest', () => tarball([{ name: 'analysis' }, 'x'])],
    ['with a malformed manifest', () => tarball([{ name: 'archive_manifest' }, '{"account":1}'])],
    ['with unknown keys', () => tarball([{ name: 'archive_manifest' }, manifest([], { more: 1 })])],
    ['with a missing member', () => tarball([{ name: 'archive_manifest' }, manifest([artifact('analysis')])])],
    ['with a path', () => tarball([{ name: '../etc/passwd' }, 'x'])],
    ['with a link', () => tarball([{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }, ''])],
    ['with a double', () => tarball([{ name: 'a' }, 'x'], [{ name: 'a' }, 'y'])],
  ])('is refused %s', async (_name, make) => {
    await expect(inspectBundle(await make())).rejects.toMatchObject({ name: 'ArchiveError', code: 'invalid_bundle' });
  });

  it('of the old system, without digests, is read', async () => {
    const old = await tarball(
      [{ name: 'analysis' }, 'x'],
      [{ name: 'archive_manifest' }, manifest([artifact('analysis', { bytes_copied: 1 })])],
    );
    expect((await inspectBundle(old)).artifacts).toHaveLength(1);
  });
});
