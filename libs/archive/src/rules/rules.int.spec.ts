import { ImageArchiver } from '../images/image-archiver.js';
import { addDocuments, addImage, archiveBed, type ArchiveBed, type TestImage } from '../testing/archive-bed.js';
import { RuleRunner, type TransitionResult } from './rule-runner.js';
import { completeRule, type TransitionRuleRequest } from './transition-rule.js';
import { TransitionHistory } from './transition-history.js';
import { TransitionRules } from './transition-rules.js';

const DAY = 86_400;
const NOW = 100 * DAY;
const ALL = { registry: '*', repository: '*', tag: '*' };
let bed: ArchiveBed;
let rules: TransitionRules;
let runner: RuleRunner;
const names = new Map<string, string>();

beforeAll(async () => {
  bed = await archiveBed();
  const { sql } = bed.database;
  rules = new TransitionRules(sql);
  runner = new RuleRunner({
    sql,
    archiver: new ImageArchiver(bed.context),
    removeImage: async (account, digest) => {
      await sql.query(`DELETE FROM catalog_image WHERE "userId" = $1 AND "imageDigest" = $2`, [account, digest]);
    },
  });
  for (const [name, type, state] of [
    ['admin', 'admin', 'enabled'],
    ['team', 'user', 'enabled'],
    ['closed', 'user', 'disabled'],
    ['system', 'service', 'enabled'],
  ]) {
    await sql.query(`INSERT INTO accounts (name, type, state, created_at, last_updated) VALUES ($1, $2, $3, 1, 1)`, [
      name,
      type,
      state,
    ]);
  }
});
beforeEach(() => bed.empty());
afterAll(() => bed.close());

async function image(name: string, of: TestImage & { age: number }): Promise<void> {
  const digest = await addImage(bed.database.sql, name, { ...of, analyzedAt: NOW - of.age * DAY });
  await addDocuments(bed.context.objectStore, of.account ?? 'admin', digest);
  names.set(digest, name);
}

const add = (request: TransitionRuleRequest, account = 'admin') => rules.add(account, completeRule(request));

async function run(options: { dryRun?: boolean } = {}): Promise<TransitionResult[]> {
  const results: TransitionResult[] = [];
  for await (const result of runner.run({ now: NOW, ...options })) results.push(result);
  return results;
}

const taken = (results: TransitionResult[]) => results.map(({ imageDigest }) => names.get(imageDigest)).sort();

describe('archive rules', () => {
  it('take images that are old enough and that enough newer ones of the tag follow', async () => {
    for (let version = 1; version <= 5; version += 1) {
      await image(`v${version}`, { tags: [`docker.io/a/b:latest@${version}`], age: 50 - version });
    }
    await add({ transition: 'archive', selector: ALL, tagVersionsNewer: 3 });
    expect(taken(await run({ dryRun: true }))).toEqual(['v1', 'v2']);
    await add({ transition: 'archive', selector: ALL, analysisAgeDays: 46, tagVersionsNewer: 1 }); // v1..v3 are older
    expect(taken(await run({ dryRun: true }))).toEqual(['v1', 'v2', 'v3']);
  });

  it('take an image only if every tag of it is matched, by one rule or by several', async () => {
    await image('partly', { tags: ['docker.io/a/b:1', 'docker.io/a/b:keep'], age: 10 });
    await image('split', { tags: ['docker.io/a/b:2', 'quay.io/c:2'], age: 10 });
    await add({ transition: 'archive', selector: { ...ALL, registry: 'docker.io', tag: '[12]' } });
    expect(taken(await run({ dryRun: true }))).toEqual([]);
    await add({ transition: 'archive', selector: { ...ALL, registry: 'quay.io' } });
    expect(taken(await run({ dryRun: true }))).toEqual(['split']);
  });

  it('leave excluded tags alone until the exclusion ends', async () => {
    await image('old', { tags: ['docker.io/a/release:1'], age: 40 });
    await image('young', { tags: ['docker.io/a/release:2'], age: 20 });
    await image('other', { tags: ['docker.io/a/other:1'], age: 20 });
    const exclude = { ...ALL, repository: 'a/release' };
    const rule = await add({ transition: 'archive', selector: ALL, exclude });
    expect(taken(await run({ dryRun: true }))).toEqual(['other']);
    await rules.delete('admin', rule.ruleId);
    await add({ transition: 'archive', selector: ALL, exclude, excludeExpirationDays: 30 });
    expect(taken(await run({ dryRun: true }))).toEqual(['old', 'other']);
  });

  it('count images, not tags, against a limit of images, and spare the newest', async () => {
    for (const [name, age] of [
      ['a', 4],
      ['b', 3],
      ['c', 2],
    ] as const) {
      await image(name, { tags: [`docker.io/${name}:1`, `docker.io/${name}:2`], age });
    }
    await image('theirs', { tags: ['docker.io/a:1'], age: 9, account: 'team' });
    await add({ transition: 'archive', systemGlobal: true, maxImagesPerAccount: 2 });
    expect(taken(await run({ dryRun: true }))).toEqual(['a']);
  });

  it('of an account stay in it; global ones reach every enabled account that is not a service', async () => {
    for (const account of ['admin', 'team', 'closed', 'system']) {
      await image(account, { tags: ['docker.io/x:1'], age: 10, account });
    }
    const own = await add({ transition: 'archive', selector: ALL }, 'team');
    expect(taken(await run({ dryRun: true }))).toEqual(['team']);
    await rules.delete('team', own.ruleId);
    await add({ transition: 'archive', selector: ALL, systemGlobal: true });
    expect(taken(await run({ dryRun: true }))).toEqual(['admin', 'team']);
  });

  it('archive, then remove from the working set, and write history', async () => {
    await image('old', { tags: ['docker.io/a:1'], age: 40 });
    await image('young', { tags: ['docker.io/a:2'], age: 1 });
    const rule = await add({ transition: 'archive', selector: ALL, analysisAgeDays: 30 });
    expect(await run()).toEqual([expect.objectContaining({ fullTag: 'docker.io/a:1', ruleIds: [rule.ruleId] })]);
    const left = await bed.database.sql.query<{ imageDigest: string }>('SELECT "imageDigest" FROM catalog_image');
    expect(left.map((row) => names.get(row.imageDigest))).toEqual(['young']);
    expect(await new TransitionHistory(bed.database.sql).list('admin', rule.ruleId)).toEqual([
      expect.objectContaining({ transition: 'archive', transition_state: 'complete' }),
    ]);
    expect(await run()).toEqual([]);
  });

  it('report an image that cannot be archived, keep it, and go on with the next', async () => {
    const broken = await addImage(bed.database.sql, 'broken', { tags: ['docker.io/a:1'], analyzedAt: 1 });
    names.set(broken, 'broken');
    await image('fine', { tags: ['docker.io/b:1'], age: 40 });
    await add({ transition: 'archive', selector: ALL });
    const results = await run();
    expect(taken(results)).toEqual(['broken', 'fine']);
    expect(results.filter(({ failure }) => failure)).toEqual([
      expect.objectContaining({ imageDigest: broken, failure: expect.stringContaining('analysis_data is missing') }),
    ]);
    expect(await bed.database.sql.query('SELECT 1 FROM catalog_image')).toHaveLength(1);
  });
});

describe('delete rules', () => {
  it('delete what was archived long enough ago, in every account if they are global', async () => {
    await image('mine', { tags: ['docker.io/a:1'], age: 40 });
    await image('theirs', { tags: ['docker.io/a:1'], age: 40, account: 'team' });
    await add({ transition: 'archive', selector: ALL, systemGlobal: true });
    await run();
    await add({ transition: 'delete', selector: ALL, systemGlobal: true, analysisAgeDays: 5 });
    await bed.database.sql.query('UPDATE catalog_archived_images SET created_at = $1', [NOW - 5 * DAY]);
    expect(await run()).toEqual([]);
    await bed.database.sql.query('UPDATE catalog_archived_images SET created_at = $1', [NOW - 5 * DAY - 1]);
    expect(taken(await run())).toEqual(['mine', 'theirs']);
    expect(await bed.database.sql.query('SELECT 1 FROM catalog_archived_images')).toEqual([]);
  });
});

describe('a rule', () => {
  it.each([
    ['without selector', { transition: 'archive' }, 'selector.registry must not be empty'],
    ['with half a selector', { transition: 'archive', selector: { registry: '*', repository: '*' } }, 'selector.tag'],
    ['that keeps no image', { transition: 'archive', systemGlobal: true, maxImagesPerAccount: 0 }, 'at least 1'],
    [
      'with a limit for one account',
      { transition: 'archive', maxImagesPerAccount: 5 },
      'only possible with system_global',
    ],
    [
      'with a limit and a selector',
      { transition: 'archive', systemGlobal: true, maxImagesPerAccount: 5, selector: { ...ALL, tag: '1' } },
      'leave out selector',
    ],
    ['with a broken pattern', { transition: 'archive', selector: { ...ALL, tag: '[z-a]' } }, 'is no pattern'],
    ['with a negative age', { transition: 'archive', selector: ALL, analysisAgeDays: -2 }, 'analysis_age_days'],
  ] as [string, TransitionRuleRequest, string][])('%s is refused', (_name, request, message) => {
    expect(() => completeRule(request)).toThrow(
      expect.objectContaining({ code: 'invalid_rule', message: expect.stringContaining(message) }),
    );
  });

  it('with a limit of images exists once', async () => {
    await add({ transition: 'archive', systemGlobal: true, maxImagesPerAccount: 5 });
    await expect(
      add({ transition: 'archive', systemGlobal: true, maxImagesPerAccount: 6 }, 'team'),
    ).rejects.toMatchObject({ code: 'invalid_rule' });
  });
});
