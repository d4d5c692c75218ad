import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  analyzeLayer,
  buildDocuments,
  contentFor,
  DEFAULT_LIMITS,
  DEFAULT_RULES,
  imageHistory,
  squash,
} from './index.js';

const samples = join(__dirname, '../../../samples');
const blob = (digest: string) => join(samples, 'image/blobs/sha256', digest.replace('sha256:', ''));

interface Expected {
  layers: { digest: string; size: number; diffId: string }[];
  distro: { name: string; version: string };
  packages: { os: { name: string; version: string; architecture: string; source: string }[] } & Record<
    'npm' | 'python' | 'java',
    { path: string }[]
  >;
  packagesVerify: { changed: string[]; missing: string[] };
  conffiles: string[];
  setuid: string[];
  secrets: { privateKey: string[]; awsAccessKey: string[] };
}

/** The sample image was described by tar, dpkg, find and sha256sum; the analysis must say the same. */
describe('the sample image', () => {
  const expected = JSON.parse(readFileSync(join(samples, 'expected.json'), 'utf8')) as Expected;

  async function analyse() {
    expect(existsSync(blob(expected.layers[0]?.digest ?? ''))).toBe(true);
    const layers = await Promise.all(
      expected.layers.map((layer) =>
        analyzeLayer(createReadStream(blob(layer.digest)), {
          compression: 'auto',
          expectedDiffId: layer.diffId,
          rules: DEFAULT_RULES,
          limits: DEFAULT_LIMITS,
        }),
      ),
    );
    const image = squash(layers);
    const facts = {
      imageId: 'f'.repeat(64),
      digest: `sha256:${'a'.repeat(64)}`,
      fullTag: 'localhost/kedge-sample:1',
      architecture: 'amd64',
      layers: expected.layers.map((layer) => layer.digest),
      manifest: { schemaVersion: 2 },
      history: imageHistory({}, expected.layers),
    };
    const documents = buildDocuments(facts, image, { rules: DEFAULT_RULES, ownedPackageFilter: false });
    const filtered = buildDocuments(facts, image, { rules: DEFAULT_RULES });
    return {
      image,
      documents,
      data: JSON.parse(await text(documents.analysisData())),
      content: JSON.parse(await text(documents.imageContentData())),
      filtered: JSON.parse(await text(filtered.imageContentData())),
    };
  }

  let result: Awaited<ReturnType<typeof analyse>>;
  beforeAll(async () => {
    result = await analyse();
  });
  const report = () => result.data[0].image.imagedata.analysis_report;

  it('has the paths, modes, owners, sizes and digests that tar and sha256sum state', () => {
    const letters: Record<string, string> = { file: 'f', dir: 'd', slink: 'l' };
    const lines = [...result.image.entries].map((entry) =>
      [
        entry.path,
        letters[entry.type],
        entry.mode.toString(8),
        entry.uid,
        entry.gid,
        entry.size,
        entry.type === 'file' ? entry.sha256 : (entry.linkTarget ?? ''),
      ].join('\t'),
    );
    const stated = readFileSync(join(samples, 'expected-files.tsv'), 'utf8').split('\n').filter(Boolean);
    expect(lines.sort()).toEqual(stated.sort());
  });

  it('has the packages of dpkg, npm, python and java', () => {
    const all = report().package_list['pkgs.allinfo'].base;
    expect(Object.keys(all).sort()).toEqual(expected.packages.os.map((os) => os.name).sort());
    for (const os of expected.packages.os) {
      const source = all[os.name].sourcepkg === 'N/A' ? os.name : all[os.name].sourcepkg;
      expect([all[os.name].version, all[os.name].arch, source]).toEqual([os.version, os.architecture, os.source]);
    }
    const found = (type: string) => contentFor(type, result.content[type]) as { location: string; package: string }[];
    expect(found('npm').map((item) => item.location)).toEqual(expected.packages.npm.map((item) => item.path));
    expect(found('python').map((item) => item.package)).toEqual(['six']);
    expect(found('java').map((item) => item.location)).toEqual(expected.packages.java.map((item) => item.path));
  });

  it('drops language packages that an OS package owns, when asked to', () => {
    const owned = Object.keys(result.content.java).filter((path) => report().package_list['pkgfiles.all'].base[path]);
    const left = Object.keys(result.content.java).filter((path) => !owned.includes(path));
    expect(Object.keys(result.filtered.java)).toEqual(left);
  });

  it('states what dpkg says of files, so that altered, missing and configuration files show', () => {
    const records: [string, { conffile: boolean; digest: string }[]][] = Object.entries(
      report().file_package_verify['distro.pkgfilemeta'].base,
    );
    const md5 = report().file_checksums['files.md5sums'].base;
    const plain = records.filter(([, list]) => list.every((record) => !record.conffile));
    expect(plain.filter(([path]) => !(path in md5)).map(([path]) => path)).toEqual(expected.packagesVerify.missing);
    const changed = plain.filter(([path, list]) => path in md5 && list.some((record) => record.digest !== md5[path]));
    expect(changed.map(([path]) => path)).toEqual(expected.packagesVerify.changed);
    const conffiles = records.filter(([, list]) => list.some((record) => record.conffile)).map(([path]) => path);
    expect(conffiles.sort()).toEqual([...expected.conffiles].sort());
  });

  it('finds distribution, set-uid files and planted secrets', () => {
    expect(result.documents.summary).toMatchObject({
      distro: expected.distro.name,
      distro_version: expected.distro.version,
      layer_count: 4,
      dockerfile_mode: 'Guessed',
    });
    expect(Object.keys(report().file_suids['files.suids'].base).sort()).toEqual([...expected.setuid].sort());
    const hits: Record<string, Record<string, number[]>> = report().secret_search['regexp_matches.all'].base;
    const byName = (name: string) =>
      Object.entries(hits)
        .filter(([, matches]) =>
          Object.keys(matches).some((key) => Buffer.from(key, 'base64').toString().startsWith(name)),
        )
        .map(([path]) => path);
    expect(byName('PRIV_KEY=')).toEqual(expected.secrets.privateKey);
    expect(byName('AWS_ACCESS_KEY=')).toEqual(expected.secrets.awsAccessKey);
  });

  it('reports every analyzer as done or says why not', () => {
    for (const [, status] of Object.entries(result.documents.analyzerStatus)) {
      expect(['ok', 'skipped']).toContain(status.status);
      if (status.status === 'skipped') expect(status.reason).toBeTruthy();
    }
    expect(result.documents.warnings).toEqual([]);
  });
});
