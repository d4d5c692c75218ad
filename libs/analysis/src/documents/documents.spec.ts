import { text } from 'node:stream/consumers';
import { contentFor } from '../content.js';
import { squash } from '../squash.js';
import { layer } from '../testing/layer-builder.js';
import { buildDocuments } from './documents.js';
import { guessDockerfile, imageHistory } from './history.js';

const history = imageHistory(
  {
    history: [
      { created: '2026-01-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:1 in / ' },
      { created_by: '/bin/sh -c #(nop)  CMD ["sh"]', empty_layer: true },
      { created_by: 'RUN /bin/sh -c make # buildkit' },
      { created_by: 'apk add x', empty_layer: true },
    ],
  },
  [
    { digest: 'sha256:aa', size: 10 },
    { digest: 'sha256:bb', size: 20 },
  ],
);

describe('history', () => {
  it('gives layers to the steps that made one', () => {
    expect(history.map((step) => [step.Id, step.Size])).toEqual([
      ['sha256:aa', 10],
      ['<missing>', 0],
      ['sha256:bb', 20],
      ['<missing>', 0],
    ]);
    expect(guessDockerfile(history).split('\n')).toEqual([
      'FROM scratch',
      'ADD file:1 in / ',
      'CMD ["sh"]',
      'RUN make',
      'RUN apk add x',
    ]);
  });
});

describe('documents', () => {
  const rules = {
    retrieveFiles: { paths: ['etc/passwd', '/etc/big', '/etc/link'], maxFileSize: 10 },
    contentSearch: { patterns: ['WORD=hello'], maxFileSize: 100 },
  };
  async function documents() {
    const inventory = await layer(
      [
        { name: './' },
        { name: 'etc/passwd', content: 'root' },
        { name: 'etc/big', content: 'hello, this is longer' },
        { name: 'etc/link', type: 'symlink', linkname: 'big' },
        { name: 'sbin/su', content: 'x', mode: 0o4755 },
      ],
      { rules },
    );
    const built = buildDocuments(
      {
        imageId: '0123456789abcdef',
        digest: 'sha256:dd',
        fullTag: 'localhost:5000/a/b:1',
        architecture: 'arm64',
        layers: ['sha256:aa'],
        manifest: { schemaVersion: 2 },
        history,
        dockerfile: 'FROM x\n',
      },
      squash([inventory]),
      { rules },
    );
    const data = JSON.parse(await text(built.analysisData()));
    return { built, data, content: JSON.parse(await text(built.imageContentData())) };
  }

  it('have the shape that readers of the export know', async () => {
    const { built, data } = await documents();
    expect(data).toHaveLength(1);
    const { imageId, imagedata } = data[0].image;
    const report = imagedata.analysis_report;
    expect(imageId).toBe('0123456789abcdef');
    expect(imagedata.image_report.meta).toMatchObject({
      shortId: '0123456789ab',
      sizebytes: 20_480,
      humanname: 'localhost:5000/a/b:1',
    });
    expect(imagedata.image_report).toMatchObject({
      dockerfile_mode: 'Actual',
      dockerfile_contents: 'FROM x\n',
      docker_data: { RepoDigests: ['localhost:5000/a/b@sha256:dd'], RepoTags: ['localhost:5000/a/b:1'] },
    });
    expect(report.file_list['files.all'].base).toEqual({
      '/etc': '0o755',
      '/etc/big': '0o644',
      '/etc/link': '0o644',
      '/etc/passwd': '0o644',
      '/sbin': '0o755',
      '/sbin/su': '0o4755',
    });
    expect(report.file_list['files.allinfo'].base['/etc/link']).toEqual({
      name: '/etc/link',
      fullpath: '/etc/link',
      size: 3,
      mode: 0o120644,
      uid: 0,
      gid: 0,
      linkdst: 'big',
      linkdst_fullpath: '/etc/big',
      type: 'slink',
      othernames: { '/etc/link': true, big: true, '/etc/big': true },
    });
    expect(report.file_checksums['files.sha1sums'].base['/etc']).toBe('DIRECTORY_OR_OTHER');
    expect(report.file_checksums['files.md5sums'].base['/etc/passwd']).toBe('63a9f0ea7bb98050796b649e85481845'); // printf root | md5sum
    expect(report.file_suids['files.suids'].base).toEqual({ '/sbin/su': '0o4755' });
    expect(report.retrieve_files['file_content.all'].base).toEqual({ 'etc/passwd': 'cm9vdA==' });
    expect(report.content_search['regexp_matches.all'].base).toEqual({
      '/etc/big': { 'V09SRD1oZWxsbw==\n': [0] },
      '/etc/link': { 'V09SRD1oZWxsbw==\n': [0] },
    });
    expect(report.layer_info.layers_to_dockerfile.base.dockerfile_to_layer_map[1]).toEqual({
      layer: 'unknown',
      dockerfile_line: ' CMD ["sh"]',
      layer_sizebytes: '0',
    });
    expect(report.package_list).toEqual({ 'pkgs.all': { base: { Unknown: '0' } } });
    expect(report.analyzer_status.secret_search).toEqual({
      status: 'skipped',
      reason: 'not configured',
      milliseconds: 0,
    });
    expect(built.summary).toEqual({
      distro: 'Unknown',
      distro_version: '0',
      layer_count: 1,
      arch: 'arm64',
      image_size: 20_480,
      dockerfile_mode: 'Actual',
    });
  });

  it('serve content and metadata in the shapes of the API', async () => {
    const { content } = await documents();
    expect(contentFor('os', content.os)).toEqual([]);
    expect((contentFor('files', content.files) as unknown[])[2]).toEqual({
      filename: '/etc/link',
      linkdest: 'big',
      size: 3,
      mode: '00644',
      sha256: null,
      type: 'slink',
      uid: 0,
      gid: 0,
    });
    expect(contentFor('dockerfile', content.dockerfile)).toBe('RlJPTSB4Cg==\n');
    expect(contentFor('manifest', content.manifest)).toBe('eyJzY2hlbWFWZXJzaW9uIjoyfQ==\n');
    expect(contentFor('malware', content.malware)).toEqual([]);
  });

  it.each([
    [
      'os',
      { bash: { version: '5.2', release: '1.el9', type: 'rpm', license: 'GPL-3 MIT' } },
      { package: 'bash', version: '5.2-1.el9', licenses: ['GPL-3', 'MIT'] },
    ],
    [
      'os',
      { bash: { version: '5.2-1', release: 'N/A', type: 'dpkg' } },
      { version: '5.2-1', license: null, licenses: [], size: null },
    ],
    [
      'npm',
      { '/p': { name: 'x', versions: ['1'], lics: ['MIT', 'ISC'], origins: [] } },
      { type: 'NPM', location: '/p', license: 'MIT ISC', origin: 'Unknown' },
    ],
    [
      'java',
      { '/j': { name: 'j', type: 'java-jar', 'maven-version': 'N/A', cpes: ['cpe:2.3:a:v:p:1\\:2:*'] } },
      { type: 'JAVA-JAR', version: '1:2' },
    ],
    [
      'go',
      { '/g:m@1': { name: 'm', version: '1', type: 'go', license: '' } },
      { type: 'GO', license: 'Unknown', location: 'Unknown' },
    ],
  ])('format %s records', (type, stored, expected) => {
    expect(contentFor(type, stored)).toEqual([expect.objectContaining(expected)]);
  });
});
