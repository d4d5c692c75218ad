import { registryRecords } from '@kedge/service';
import { startRegistry } from '@kedge/registry/testing';
import { startCatalog, type TestCatalog } from '../testing/start-catalog.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog.stop());

const login = { registry: 'r.example:5000/team', registry_user: 'me', registry_pass: 'hush-hush', extra: 1 };

describe('registries', () => {
  it('are kept untried when asked, and never show the password', async () => {
    const added = await catalog.call('POST /registries?validate=False', { body: login });
    expect(added).toMatchObject({ status: 200 });
    expect(added.body).toEqual([
      {
        registry: 'r.example:5000/team',
        registry_name: 'r.example:5000/team',
        registry_user: 'me',
        registry_type: 'docker_v2',
        registry_verify: true,
        userId: 'admin',
        created_at: expect.any(String),
        last_updated: expect.any(String),
      },
    ]);
    for (const path of ['r.example:5000/team', 'r.example:5000%2Fteam', '']) {
      expect((await catalog.call(`GET /registries/${path}`)).body).toEqual(added.body);
    }
    const update = { registry: login.registry, registry_verify: false, registry_name: 'ours' };
    expect(
      (await catalog.call(`PUT /registries/${login.registry}?validate=false`, { body: update })).body,
    ).toMatchObject([{ registry_user: 'me', registry_verify: false, registry_name: 'ours' }]);
    const [record] = await registryRecords(catalog.database.sql, 'admin');
    expect(record).toMatchObject({ registry: login.registry, type: 'docker_v2', username: 'me', verifyTls: false });
    expect(record?.password.reveal()).toBe('hush-hush');
    expect(await registryRecords(catalog.database.sql, 'other')).toEqual([]);
  });

  it.each([
    ['POST /registries?validate=false', login, 409],
    ['POST /registries?validate=false', { registry: 'http://r.example' }, 409],
    ['POST /registries?validate=false', { registry: 'r.example/' }, 409],
    ['POST /registries?validate=false', { registry: 'a b' }, 409],
    ['POST /registries?validate=false', { registry: 'r.example', registry_type: 'odd' }, 400],
    ['POST /registries?validate=false', {}, 400],
    ['POST /registries', { registry: '127.0.0.1:1', registry_user: 'me', registry_pass: 'hush-hush' }, 406],
    ['PUT /registries/r.example:5000/team?validate=false', { registry: 'other.example' }, 409],
    ['PUT /registries/none.example?validate=false', { registry: 'none.example' }, 404],
    ['GET /registries/none.example', undefined, 404],
  ])('refuse %s %j with %i', async (request, body, status) => {
    const answer = await catalog.call(request, { body });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toContain('hush-hush');
  });

  it('are tried against a real registry before they are kept', async () => {
    const server = await startRegistry({ auth: true });
    try {
      const { username = '', password } = server.credentials ?? {};
      const body = { registry: server.host, registry_user: username, registry_verify: false };
      const wrong = await catalog.call('POST /registries', { body: { ...body, registry_pass: 'wrong' } });
      expect(wrong).toMatchObject({ status: 406, body: { message: expect.stringContaining('validate=false') } });
      const right = { ...body, registry_pass: password?.reveal() };
      expect((await catalog.call('POST /registries', { body: right })).status).toBe(200);
      expect((await catalog.call(`PUT /registries/${server.host}`, { body })).status).toBe(200);
    } finally {
      await server.stop();
    }
  });

  it('may be prefixes, and deleting what is not there succeeds', async () => {
    for (const registry of ['r.example/team/*', 'r.exam*', 'registry-*']) {
      const { status } = await catalog.call('POST /registries?validate=false', { body: { registry } });
      expect([registry, status]).toEqual([registry, 200]);
    }
    expect((await catalog.call('DELETE /registries/r.example/team/*')).body).toBe(true);
    expect((await catalog.call('DELETE /registries/r.example:5000/team')).body).toBe(true);
    expect((await catalog.call('DELETE /registries/r.example:5000/team')).body).toBe(true);
    expect((await catalog.call('GET /registries/r.example:5000/team')).status).toBe(404);
  });
});
