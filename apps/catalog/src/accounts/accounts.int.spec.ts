import { startCatalog, PASSWORD, type TestCatalog } from '../testing/start-catalog.js';

let catalog: TestCatalog;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

beforeAll(async () => {
  catalog = await startCatalog();
  await catalog.call('POST /accounts', { body: { name: 'team1', email: 'team1@example.test' } });
  await catalog.call('POST /accounts/team1/users', { body: { username: 'alice', password: 'secret1' } });
});
afterAll(() => catalog.stop());

const alice = { as: 'alice:secret1' };

describe('the first start', () => {
  it('makes account and user admin, with the default policy bundle active', async () => {
    expect((await catalog.call('GET /account')).body).toEqual({
      name: 'admin',
      email: 'admin@myanchore',
      type: 'admin',
      state: 'enabled',
      created_at: TIME,
      last_updated: TIME,
    });
    expect((await catalog.call('GET /user')).body).toEqual({
      username: 'admin',
      type: 'native',
      source: null,
      created_at: TIME,
      last_updated: TIME,
    });
    const policies = (await catalog.call('GET /policies')).body;
    expect(policies).toMatchObject([
      { policyId: '2c53a13c-1765-11e8-82ef-23527761d060', active: true, userId: 'admin' },
    ]);
    const rows = await catalog.database.sql.query<{ value: string }>('SELECT value FROM user_access_credentials');
    for (const { value } of rows) expect(value).toMatch(/^scrypt\$/);
  });

  it('happens once, also when replicas start together, and a later one changes nothing', async () => {
    await catalog.database.sql.query(
      `TRUNCATE accounts, account_users, user_access_credentials, policy_bundle CASCADE`,
    );
    const [, second] = await Promise.all([catalog.another(), catalog.another(), catalog.another()]);
    expect(await catalog.database.sql.query('SELECT name FROM accounts')).toEqual([{ name: 'admin' }]);
    expect(await catalog.database.sql.query('SELECT active FROM policy_bundle')).toEqual([{ active: true }]);
    await second?.close();
    await catalog.call('POST /accounts', { body: { name: 'team1', email: 'team1@example.test' } });
    await catalog.call('POST /accounts/team1/users', { body: { username: 'alice', password: 'secret1' } });
  });
});

describe('accounts', () => {
  it('begin with the default policy bundle and are seen by admins and by themselves', async () => {
    const account = { name: 'team1', email: 'team1@example.test', type: 'user', state: 'enabled' };
    expect((await catalog.call('GET /accounts/team1', alice)).body).toMatchObject(account);
    expect((await catalog.call('GET /account', alice)).body).toMatchObject(account);
    expect((await catalog.call('GET /accounts')).body).toMatchObject([{ name: 'admin' }, account]);
    expect((await catalog.call('GET /accounts?state=disabled')).body).toEqual([]);
    expect((await catalog.call('GET /policies', alice)).body).toMatchObject([{ active: true, userId: 'team1' }]);
    expect((await catalog.call('GET /accounts?state=odd')).status).toBe(400);
    expect((await catalog.call('GET /accounts/none')).status).toBe(404);
  });

  it.each([
    ['GET /accounts', undefined],
    ['POST /accounts', { name: 'team9' }],
    ['DELETE /accounts/team1', undefined],
    ['PUT /accounts/team1/state', { state: 'disabled' }],
    ['GET /accounts/admin', undefined],
    ['GET /accounts/admin/users', undefined],
    ['POST /accounts/admin/users', { username: 'mallory', password: 'secret1' }],
    ['POST /accounts/admin/users/admin/credentials', { type: 'password', value: 'secret1' }],
    ['GET /system/services', undefined],
  ])('are closed to the users of others: %s', async (request, body) => {
    expect(await catalog.call(request, { ...alice, body })).toMatchObject({
      status: 403,
      body: { message: expect.stringMatching(/^Not authorized. Requires permissions: domain=/), httpcode: 403 },
    });
  });

  it.each([['team1'], ['admin'], ['system'], ['anchore-system'], ['ab'], ['-abc'], ['a b c'], ['x'.repeat(129)]])(
    'are not made with the name %j',
    async (name) => {
      expect((await catalog.call('POST /accounts', { body: { name } })).status).toBe(400);
    },
  );

  it('shut their users out while disabled, and change state along the documented ways only', async () => {
    await catalog.call('POST /accounts', { body: { name: 'team2' } });
    await catalog.call('POST /accounts/team2/users', { body: { username: 'bob', password: 'secret2' } });
    expect((await catalog.call('DELETE /accounts/team2')).body.message).toContain(
      'Invalid account state change requested',
    );
    expect((await catalog.call('PUT /accounts/team2/state', { body: { state: 'disabled' } })).body).toEqual({
      state: 'disabled',
    });
    expect(await catalog.call('GET /policies', { as: 'bob:secret2' })).toMatchObject({
      status: 403,
      body: { message: 'Not authorized. Account team2 not enabled.' },
    });
    expect((await catalog.call('PUT /accounts/team2/state', { body: { state: 'enabled' } })).status).toBe(200);
    expect((await catalog.call('GET /policies', { as: 'bob:secret2' })).status).toBe(200);
    expect((await catalog.call('PUT /accounts/admin/state', { body: { state: 'disabled' } })).status).toBe(400);
    expect((await catalog.call('PUT /accounts/none/state', { body: { state: 'enabled' } })).status).toBe(404);
    expect((await catalog.call('PUT /accounts/team2/state', { body: { state: 'odd' } })).type).toContain('problem');
  });

  it('disappear with everything in them', async () => {
    const { sql } = catalog.database;
    const { objectStore } = catalog.service.context.stores;
    await catalog.call('POST /accounts', { body: { name: 'team3' } });
    await catalog.call('POST /accounts/team3/users', { body: { username: 'carol', password: 'secret3' } });
    await sql.query(`INSERT INTO catalog_image ("imageDigest", "userId", created_at, last_updated)
      VALUES ('sha256:1', 'team3', 1, 1), ('sha256:1', 'team1', 1, 1)`);
    await sql.query(`INSERT INTO catalog_image_docker ("imageDigest", "userId", registry, repo, tag, digest, "imageId",
      tag_detected_at, created_at, last_updated) VALUES ('sha256:1', 'team3', 'r', 'p', 't', 'sha256:1', 'abc', 1, 1, 1)`);
    await objectStore.put({ account: 'team3', bucket: 'analysis_data', key: 'sha256:1' }, 'x');
    await objectStore.put({ account: 'team3z', bucket: 'analysis_data', key: 'sha256:1' }, 'x');
    await catalog.call('PUT /accounts/team3/state', { body: { state: 'disabled' } });
    expect(await catalog.call('DELETE /accounts/team3')).toMatchObject({ status: 200, body: { state: 'deleting' } });
    expect((await catalog.call('GET /user', { as: 'carol:secret3' })).status).toBe(401);
    while ((await catalog.call('GET /accounts/team3')).status !== 404) {
      expect((await catalog.call('POST /subscriptions', { account: 'team3', body: {} })).status).toBeGreaterThan(400);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const left = await sql.query(`SELECT "userId" FROM catalog_image UNION SELECT "userId" FROM policy_bundle
      UNION SELECT "userId" FROM archive_metadata ORDER BY 1`);
    expect(left.map((row) => row['userId'])).toEqual(expect.not.arrayContaining(['team3']));
    expect(left.map((row) => row['userId'])).toEqual(expect.arrayContaining(['team1', 'team3z']));
    expect(await catalog.service.context.jobs.counts()).toContainEqual(
      expect.objectContaining({ queue: 'forget-image', waiting: 1 }),
    );
    expect((await catalog.call('POST /accounts', { body: { name: 'team3' } })).status).toBe(200);
  });
});

describe('users', () => {
  it('are listed, made and deleted by users of their account', async () => {
    expect(
      await catalog.call('POST /accounts/team1/users', { ...alice, body: { username: 'dave', password: 'secret4' } }),
    ).toMatchObject({
      status: 200,
      body: { username: 'dave', type: 'native', source: null },
    });
    expect((await catalog.call('GET /accounts/team1/users', alice)).body).toMatchObject([
      { username: 'alice' },
      { username: 'dave' },
    ]);
    expect(await catalog.call('DELETE /accounts/team1/users/dave', alice)).toMatchObject({ status: 204, body: '' });
    expect((await catalog.call('GET /accounts/team1/users/dave', alice)).status).toBe(404);
    expect((await catalog.call('GET /user', { as: 'dave:secret4' })).status).toBe(401);
  });

  it.each([
    ['POST /accounts/team1/users', { username: 'admin', password: 'secret1' }, 400],
    ['POST /accounts/team1/users', { username: 'erin', password: 'short' }, 400],
    ['POST /accounts/team1/users', { username: 'erin', password: 'x'.repeat(129) }, 400],
    ['POST /accounts/team1/users', { username: 'e', password: 'secret1' }, 400],
    ['POST /accounts/none/users', { username: 'erin', password: 'secret1' }, 404],
    ['GET /accounts/none/users', undefined, 404],
    ['DELETE /accounts/admin/users/admin', undefined, 400],
    ['DELETE /accounts/team1/users/none', undefined, 404],
    ['POST /accounts/team1/users/alice/credentials', { type: 'token', value: 'secret1' }, 400],
    ['POST /accounts/team1/users/none/credentials', { type: 'password', value: 'secret1' }, 404],
    ['DELETE /accounts/admin/users/admin/credentials?credential_type=password', undefined, 400],
    ['DELETE /accounts/team1/users/alice/credentials', undefined, 400],
  ])('refuse %s %j with %i', async (request, body, status) => {
    expect((await catalog.call(request, { body })).status).toBe(status);
  });

  it('cannot delete themselves', async () => {
    expect((await catalog.call('DELETE /accounts/team1/users/alice', alice)).status).toBe(400);
    const own = 'DELETE /accounts/team1/users/alice/credentials?credential_type=password';
    expect((await catalog.call(own, alice)).status).toBe(400);
  });

  it('change passwords, which count at once and are shown masked', async () => {
    await catalog.call('POST /accounts/team1/users', { body: { username: 'frank', password: 'secret5' } });
    const frank = { as: 'frank:secret5' };
    const masked = { type: 'password', value: '********', created_at: TIME };
    expect((await catalog.call('GET /user/credentials', frank)).body).toEqual([masked]);
    expect(
      (await catalog.call('POST /user/credentials', { ...frank, body: { type: 'password', value: 'changed:ö' } })).body,
    ).toEqual(masked);
    expect((await catalog.call('GET /user', frank)).status).toBe(401);
    expect((await catalog.call('GET /user', { as: 'frank:changed:ö' })).status).toBe(200);
    await catalog.call('POST /accounts/team1/users/frank/credentials', { ...alice, body: { value: 'by-alice' } });
    expect((await catalog.call('GET /user', { as: 'frank:by-alice' })).status).toBe(200);
    const path = 'accounts/team1/users/frank/credentials';
    expect((await catalog.call(`DELETE /${path}?credential_type=password`, alice)).status).toBe(204);
    expect((await catalog.call('GET /user', { as: 'frank:by-alice' })).status).toBe(401);
    expect((await catalog.call(`GET /${path}`)).body).toEqual([]);
  });
});

describe('x-anchore-account', () => {
  it('lets admins act in other accounts and nobody else', async () => {
    expect((await catalog.call('GET /account', { account: 'team1' })).body.name).toBe('team1');
    expect((await catalog.call('GET /account', { ...alice, account: 'team1' })).status).toBe(200);
    expect((await catalog.call('GET /account', { ...alice, account: 'admin' })).status).toBe(403);
    expect((await catalog.call('GET /user', { account: 'team1', as: `admin:${PASSWORD}` })).body.username).toBe(
      'admin',
    );
  });

  it('shows an unknown account as empty and refuses to write into it', async () => {
    expect(await catalog.call('GET /account', { account: 'nobody' })).toMatchObject({ status: 200, body: null });
    expect((await catalog.call('GET /policies', { account: 'nobody' })).body).toEqual([]);
    const body = { subscription_key: 'a/b:c', subscription_type: 'tag_update' };
    expect((await catalog.call('POST /subscriptions', { account: 'nobody', body })).status).toBe(404);
  });
});
