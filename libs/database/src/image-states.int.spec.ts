import { ImageStates } from './index.js';
import { createTestDatabase, type TestDatabase } from './testing/index.js';

describe('states of an image', () => {
  let database: TestDatabase;
  let states: ImageStates;
  beforeAll(async () => {
    database = await createTestDatabase();
    states = new ImageStates(database.sql);
  });
  afterAll(() => database.drop());

  const row = async () => {
    const rows = await database.sql.query(
      `SELECT analysis_status AS status, analysis_error AS error, analyzed_at > 0 AS timed FROM catalog_image`,
    );
    return rows[0];
  };

  beforeEach(async () => {
    await database.sql.query('DELETE FROM catalog_image');
    await database.sql.query(
      `INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated) VALUES ('sha256:1', 'admin', 1, 1)`,
    );
  });

  it('go from not analysed to analysed, and back on reset', async () => {
    expect(await states.begin('admin', 'sha256:1')).toBe(true);
    expect(await row()).toMatchObject({ status: 'analyzing' });
    expect(await states.finish('admin', 'sha256:1')).toBe(true);
    expect(await row()).toMatchObject({ status: 'analyzed', timed: true });
    expect(await states.begin('admin', 'sha256:1')).toBe(false);
    expect(await states.reset('admin', 'sha256:1')).toBe(true);
    expect(await row()).toMatchObject({ status: 'not_analyzed' });
  });

  it('keep the reason of a failure as one line', async () => {
    await states.begin('admin', 'sha256:1');
    await states.fail('admin', 'sha256:1', 'layer sha256:2:\n  truncated');
    expect(await row()).toMatchObject({ status: 'analysis_failed', error: 'layer sha256:2: truncated' });
  });

  it('are not ended by an older analysis than the wanted one', async () => {
    await states.begin('admin', 'sha256:1');
    await states.reset('admin', 'sha256:1'); // asked for anew while the first is under way
    expect(await states.finish('admin', 'sha256:1')).toBe(false);
    expect(await states.fail('admin', 'sha256:1', 'of the first', 0)).toBe(false);
    expect(await row()).toMatchObject({ status: 'not_analyzed', error: null });
    await states.begin('admin', 'sha256:1');
    await database.sql.query('UPDATE catalog_image SET analysis_made = analysis_wanted');
    expect(await states.finish('admin', 'sha256:1')).toBe(true);
  });

  it('do not change for an image that is gone, being deleted or of another account', async () => {
    expect(await states.begin('other', 'sha256:1')).toBe(false);
    await database.sql.query(`UPDATE catalog_image SET image_status = 'deleting'`);
    expect(await states.begin('admin', 'sha256:1')).toBe(false);
    expect(await states.finish('admin', 'sha256:1')).toBe(false);
  });
});
