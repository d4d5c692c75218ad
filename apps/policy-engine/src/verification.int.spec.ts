import type { PolicyEvaluation } from '@kedge/policy';
import { bundle, outputs, VERIFY } from './testing/bundles.js';
import { disturbedRoot, verifiedBy, type PackageManager } from './testing/disturbed-root.js';
import { analysisDocument } from './testing/documents.js';
import { TestEngine } from './testing/engine.js';

/** What the package manager reports and packages.verify on purpose does not (ARCHITECTURE.md, "Policies in detail"). */
const UNREPORTED: Record<PackageManager, string[]> = {
  rpm: [
    'changed /etc/tool/changed.conf', // a configuration file
    'changed /etc/tool/mode.conf',
    'changed /usr/lib/wide/content', // its digest is SHA-512, its size the same
  ],
  dpkg: [
    'changed /etc/tool/changed.conf',
    'changed /usr/lib/tool/becomes-link', // of links only the presence counts
    'missing /usr/lib/tool/empty', // no digest, so the report does not list it: a directory, a link
    'missing /usr/lib/tool/link-gone',
    'missing /usr/share/doc/tool',
  ],
  apk: [],
};

describe('packages.verify on a disturbed root', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.start();
  });
  afterAll(() => engine.close());

  it.each<[PackageManager, number]>([
    ['rpm', 1],
    ['dpkg', 2],
    ['apk', 3],
  ])('says what %s says, but for known differences', async (manager, number) => {
    const image = {
      account: 'acme',
      digest: `sha256:${String(number).repeat(64)}`,
      imageId: String(number).repeat(64),
    };
    await engine.addImage(image, await analysisDocument([await disturbedRoot(manager)], image));
    expect(await engine.index(image)).toEqual({ status: 'analyzed', error: null });
    const { body } = await engine.check<PolicyEvaluation>(image, bundle(VERIFY));
    expect(body.evaluation_problems).toEqual([]);
    // Images that were indexed by older versions are compared when they are judged, with the same result.
    await engine.database.sql.query('UPDATE policy_image SET package_differences = NULL WHERE digest = $1', [
      image.digest,
    ]);
    const again = (await engine.check<PolicyEvaluation>(image, { ...bundle(VERIFY), id: 'again' })).body;
    expect(outputs(again, image)).toEqual(outputs(body, image));
    const found = outputs(body, image).map((output) => {
      const [, path, status] = /failed on entry '(.*)' with status: '(\w+)'$/.exec(output) ?? [];
      return `${status} ${path}`;
    });
    const expected = verifiedBy(manager);
    expect(expected.length).toBeGreaterThan(12);
    expect(UNREPORTED[manager].filter((one) => !expected.includes(one))).toEqual([]);
    expect(found.sort()).toEqual(expected.filter((one) => !UNREPORTED[manager].includes(one)));
  });
});
