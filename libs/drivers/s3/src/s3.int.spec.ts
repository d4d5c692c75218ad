import { ListMultipartUploadsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
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
import { S3Driver } from './s3-driver.js';
import { configSchema } from './settings.js';

// Against the S3 API of Swift: signatures, path style, multipart uploads, batch deletes. It has neither encryption nor
// storage classes other than STANDARD; see failures.int.spec.ts for what it cannot answer.

const PART = 5 * MIB;

async function configuration(changes: object = {}) {
  const { s3 } = await swiftServer();
  return {
    url: s3.url,
    region: s3.region,
    access_key: s3.accessKey,
    secret_key: s3.secretKey,
    bucket: `kedge-${randomBytes(6).toString('hex')}`,
    create_bucket: true,
    part_size_mb: 5,
    ...changes,
  };
}

const driverOf = (config: object) => new S3Driver(configSchema.parse(config), 40);

/** The plain client, to look and reach behind the driver's back. */
async function plainClient(): Promise<S3Client> {
  const { s3 } = await swiftServer();
  return new S3Client({
    endpoint: s3.url,
    region: s3.region,
    credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

async function makeDriver() {
  const config = await configuration({ prefix: 'some/prefix-' });
  const { guest } = await swiftServer();
  const another = async () => {
    const driver = driverOf(config);
    await driver.init();
    return driver;
  };
  return {
    driver: await another(),
    another,
    refused: async () => driverOf({ ...config, access_key: guest.user, secret_key: guest.key }),
    secrets: [config.secret_key],
    listing: 90,
    thresholds: [PART],
  };
}

describeDriver('s3', makeDriver);

describeObjectStore('s3', async () => {
  const { driver } = await makeDriver();
  const { sql, drop } = await createTestDatabase();
  const client = await plainClient();
  return {
    driver,
    sql,
    async alter(uri, Body) {
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async teardown() {
      client.destroy();
      await drop();
    },
  };
});

describe('S3 driver', () => {
  let client: S3Client;
  beforeAll(async () => {
    client = await plainClient();
  });
  afterAll(() => client.destroy());

  it('lays objects out like the old system and reads what that has written, in whatever bucket', async () => {
    const config = await configuration({ prefix: 'internaltest' });
    const driver = driverOf(config);
    await driver.init();
    const { uri } = await driver.put(
      address({ account: 'admin', bucket: 'b', key: 'k', unique: 'u' }),
      pieces(Buffer.from('x')),
    );
    expect(uri).toBe(`s3://${config.bucket}/internaltestadmin/b/k.u`);
    const Key = 'admin/b/what? #100%/ü';
    await client.send(new PutObjectCommand({ Bucket: config.bucket, Key, Body: 'old' }));
    const old = `s3://${config.bucket}/${Key}`;
    const elsewhere = driverOf(await configuration());
    await elsewhere.init();
    expect(elsewhere.owns(old)).toBe(false);
    expect((await bytesOf(await elsewhere.get(old))).toString()).toBe('old');
    await elsewhere.delete(old);
    expect(await driver.stat(old)).toBeUndefined();
    await driver.close();
    await elsewhere.close();
  });

  it('leaves no multipart upload behind when the body fails, and nothing in the bucket after its self check', async () => {
    const config = await configuration();
    const driver = driverOf(config);
    await driver.init();
    await expect(driver.put(address(), failing(3 * PART, new Error('the source broke')))).rejects.toMatchObject({
      code: 'unknown',
      message: expect.stringContaining('the source broke') as unknown,
    });
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: config.bucket }));
    expect(Uploads ?? []).toEqual([]);
    expect(await all(driver.list())).toEqual([]);
    await driver.close();
  });
});

it('has the server compare content with the digest that the caller computed', async () => {
  const driver = driverOf(await configuration());
  await driver.init();
  const content = noise(100_000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await driver.put(address(), pieces(content), { sha256: () => sha256 })).toMatchObject({ proven: true });
  expect(await driver.put(address(), pieces(noise(11 * MIB)))).toMatchObject({ proven: true }); // in parts, each with its own
  const torn = driver.put(address(), pieces(content.subarray(1)), { sha256: () => sha256 });
  await expect(torn).rejects.toMatchObject({ code: 'integrity' });
  expect(await all(driver.list())).toHaveLength(2);
  await driver.close();
});

it('keeps every object whole when its writer is killed in the midst of a put', async () => {
  const { sql, url: databaseUrl, drop } = await createTestDatabase();
  const config = await configuration();
  const driver = driverOf(config);
  await driver.init();
  const child = { plugin: '@kedge/driver-s3', config, kills: 5, spreadMs: 600 };
  expect((await killedPuts({ driver, sql, databaseUrl, ...child })).met).toBeGreaterThan(5);
  await driver.close();
  await drop();
}, 120_000);

it('streams long content in little memory', async () => {
  const config = await configuration({ part_size_mb: 8 });
  const { peakRssMb } = await largeStream({ plugin: '@kedge/driver-s3', config });
  expect(peakRssMb).toBeLessThan(MAX_RSS_MB);
}, 180_000);
