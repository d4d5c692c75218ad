import {
  address,
  all,
  bytesOf,
  createTestDatabase,
  describeDriver,
  describeObjectStore,
  failing,
  killedPuts,
  largeStream,
  MAX_RSS_MB,
  MIB,
  noise,
  pieces,
  swiftServer,
} from '@kedge/object-store/testing';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { SwiftClient } from './client.js';
import { configSchema } from './settings.js';
import { SwiftDriver } from './swift-driver.js';

const SEGMENT = 2 * MIB;

async function configuration(changes: object = {}) {
  const { authUrl, user, key } = await swiftServer();
  return {
    auth: authUrl,
    user,
    key,
    container: `kedge-${randomBytes(6).toString('hex')}`,
    create_container: true,
    segment_size: SEGMENT,
    ...changes,
  };
}

const driverOf = (config: object) => new SwiftDriver(configSchema.parse(config), 40);
const clientOf = (config: object) => new SwiftClient(configSchema.parse(config));

async function opened(config: object): Promise<SwiftDriver> {
  const driver = driverOf(config);
  await driver.init();
  return driver;
}

async function makeDriver() {
  const config = await configuration({ anchore_key_prefix: 'some/prefix-' });
  const { guest } = await swiftServer();
  return {
    config,
    driver: await opened(config),
    another: () => opened(config),
    refused: async () => driverOf({ ...config, user: guest.user, key: guest.key }),
    secrets: [config.key],
    listing: 90,
    thresholds: [SEGMENT],
  };
}

describeDriver('swift', makeDriver);

describeObjectStore('swift', async () => {
  const { driver, config } = await makeDriver();
  const { sql, drop } = await createTestDatabase();
  const client = clientOf(config);
  return {
    driver,
    sql,
    async alter(uri, body) {
      const [, container = '', name = ''] = /^swift:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      await client.ask({ method: 'PUT', container, name, body });
    },
    async teardown() {
      client.close();
      await drop();
    },
  };
});

describe('Swift driver', () => {
  const names = async (client: SwiftClient, container: string): Promise<string[]> =>
    (await client.ask({ method: 'GET', container })).text.split('\n').filter((name) => name !== '');

  it('lays objects out like the old system and reads what that has written, in whatever container', async () => {
    const config = await configuration({ anchore_key_prefix: 'internaltest' });
    const driver = await opened(config);
    const { uri } = await driver.put(
      address({ account: 'admin', bucket: 'b', key: 'k', unique: 'u' }),
      pieces(noise(9)),
    );
    expect(uri).toBe(`swift://${config.container}/internaltestadmin/b/k.u`);
    const client = clientOf(config);
    const elsewhere = await opened(await configuration());
    const name = 'admin/b/../what? #100%/ü//x';
    await client.ask({ method: 'PUT', container: config.container, name, body: Buffer.from('old') });
    // The old system wrote into the container in small letters, whatever its uri said.
    for (const container of [config.container, config.container.toUpperCase()]) {
      const old = `swift://${container}/${name}`;
      expect(elsewhere.owns(old)).toBe(false);
      expect((await bytesOf(await elsewhere.get(old))).toString()).toBe('old');
      expect(await elsewhere.stat(old)).toEqual({ size: 3 });
    }
    await elsewhere.delete(`swift://${config.container.toUpperCase()}/${name}`);
    expect(await names(client, config.container)).toEqual(['internaltestadmin/b/k.u']);
    for (const one of [driver, elsewhere]) await one.close();
    client.close();
  });

  it('cuts long content into segments, lists it as one, and deletes it whole', async () => {
    const config = await configuration();
    const driver = await opened(config);
    const client = clientOf(config);
    const content = noise(2 * SEGMENT + 5);
    const { uri, size } = await driver.put(address(), pieces(content));
    expect(size).toBe(content.length);
    expect(await names(client, config.container)).toHaveLength(4);
    const listed = await all(driver.list());
    expect(listed).toMatchObject([{ uri, size: content.length }]);
    expect((await bytesOf(await driver.get(uri))).equals(content)).toBe(true);
    await driver.delete(uri);
    expect(await names(client, config.container)).toEqual([]);
    await driver.delete(uri);

    await expect(driver.put(address(), failing(3 * SEGMENT, new Error('the source broke')))).rejects.toMatchObject({
      code: 'unknown',
      message: expect.stringContaining('the source broke') as unknown,
    });
    expect(await names(client, config.container)).toEqual([]);
    await driver.close();
    client.close();
  });

  it('stores long content as one object when segments are not wanted', async () => {
    const config = await configuration({ use_slo: false });
    const driver = await opened(config);
    const content = noise(2 * SEGMENT + 5);
    const { uri } = await driver.put(address(), pieces(content));
    const client = clientOf(config);
    expect(await names(client, config.container)).toHaveLength(1);
    expect((await bytesOf(await driver.get(uri))).equals(content)).toBe(true);
    await driver.close();
    client.close();
  });

  it('logs in again when its token has ended', async () => {
    const config = await configuration();
    const driver = await opened(config);
    const { uri } = await driver.put(address(), pieces(Buffer.from('before')));
    await endTokens();
    expect((await bytesOf(await driver.get(uri))).toString()).toBe('before');
    await endTokens();
    const { uri: second } = await driver.put(address(), pieces(noise(2 * SEGMENT + 1)));
    await endTokens();
    const both = await Promise.all([driver.stat(uri), driver.stat(second)]);
    expect(both).toEqual([{ size: 6 }, { size: 2 * SEGMENT + 1 }]);
    await driver.close();
  });
});

describe('self check of the Swift driver', () => {
  const failureOf = async (changes: object) => {
    const driver = driverOf({ ...(await configuration()), retries: 0, ...changes });
    const failure = (await driver.init().catch((error: unknown) => error)) as { code: string; message: string };
    await driver.close();
    return failure;
  };

  it('leaves the container empty', async () => {
    const driver = await opened(await configuration());
    expect(await all(driver.list())).toEqual([]);
    await driver.close();
  });

  it('tells wrong keys, a missing container and missing rights apart', async () => {
    const wrong = await failureOf({ key: 'wrong-secret' });
    expect(wrong.code).toBe('access_denied');
    expect(wrong.message).toMatch(
      /login at http.*auth\/v1\.0 answered 401: user "test:tester" and its key are refused/,
    );
    expect(wrong.message).not.toContain('wrong-secret');

    const missing = await failureOf({ container: 'kedge-missing', create_container: false });
    expect(missing.code).toBe('invalid_config');
    expect(missing.message).toMatch(/container "kedge-missing" does not exist in http.*create_container: true/);

    const { guest, authUrl } = await swiftServer();
    const denied = await failureOf({ user: guest.user, key: guest.key });
    expect(denied.code).toBe('access_denied');
    expect(denied.message).toMatch(/self check: writing failed.*may not write in container "kedge-/);

    const elsewhere = await failureOf({ auth: authUrl.replace('/auth/v1.0', '/nothing') });
    expect(elsewhere.code).toBe('invalid_config');
    expect(elsewhere.message).toMatch(/nothing answered 4.. *: there is no login of this kind/);
  });

  it('cannot renew a ready token, and says so', async () => {
    const { storageUrl } = await swiftServer();
    const ready = { auth: null, user: null, key: null, os_storage_url: storageUrl };
    const failure = await failureOf({ ...ready, os_auth_token: 'AUTH_tk0123456789' });
    expect(failure.code).toBe('access_denied');
    expect(failure.message).toMatch(/does not accept the token.*another os_auth_token/);
    expect(failure.message).not.toContain('AUTH_tk');
  });
});

it('keeps every object whole when its writer is killed in the midst of a put', async () => {
  const { sql, url: databaseUrl, drop } = await createTestDatabase();
  const config = await configuration();
  const driver = driverOf(config);
  await driver.init();
  const child = { plugin: '@kedge/driver-swift', config, kills: 5, spreadMs: 600 };
  expect((await killedPuts({ driver, sql, databaseUrl, ...child })).met).toBeGreaterThan(5);
  await driver.close();
  await drop();
}, 120_000);

it('streams long content in little memory', async () => {
  const config = await configuration({ segment_size: 16 * MIB });
  const { peakRssMb } = await largeStream({ plugin: '@kedge/driver-swift', config });
  expect(peakRssMb).toBeLessThan(MAX_RSS_MB);
}, 180_000);

/** Makes the server forget the login tokens of `tester`: Swift looks them up in memcached under an MD5 of their name. */
async function endTokens(): Promise<void> {
  const { memcached, user } = await swiftServer();
  const [host = '', port = ''] = memcached.split(':');
  const ask = (command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), host, () => socket.write(`${command}\r\n`));
      let answer = '';
      socket.on('data', (data) => {
        answer += String(data);
        if (/(END|DELETED|NOT_FOUND)\r\n$/.test(answer)) socket.end(() => resolve(answer));
      });
      socket.on('error', reject);
    });
  const keyOf = (path: string): string => createHash('md5').update(path).digest('hex');
  const token = /AUTH_tk[0-9a-f]+/.exec(await ask(`get ${keyOf(`AUTH_/user/${user}`)}`))?.[0];
  if (token === undefined) throw new Error('the server knows no token');
  await ask(`delete ${keyOf(`AUTH_/token/${token}`)}`);
}
