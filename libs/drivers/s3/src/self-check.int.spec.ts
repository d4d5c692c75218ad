import { StorageError } from '@kedge/object-store';
import { all, swiftServer } from '@kedge/object-store/testing';
import { randomBytes } from 'node:crypto';
import { S3Driver } from './s3-driver.js';
import { configSchema } from './settings.js';

async function configuration() {
  const { s3 } = await swiftServer();
  const bucket = `kedge-${randomBytes(6).toString('hex')}`;
  return { url: s3.url, region: s3.region, access_key: s3.accessKey, secret_key: s3.secretKey, bucket, retries: 0 };
}

async function failureOf(changes: object): Promise<StorageError> {
  const driver = new S3Driver(configSchema.parse({ ...(await configuration()), ...changes }));
  const failure: unknown = await driver.init().catch((error: unknown) => error);
  await driver.close();
  if (!(failure instanceof StorageError)) throw new Error(`the self check passed or broke: ${String(failure)}`);
  return failure;
}

it('creates the bucket when it may, once, and leaves it empty', async () => {
  const config = { ...(await configuration()), create_bucket: true };
  for (let n = 0; n < 2; n++) {
    const driver = new S3Driver(configSchema.parse(config));
    await driver.init();
    expect(await all(driver.list())).toEqual([]);
    await driver.close();
  }
});

it('names a bucket that is missing', async () => {
  const failure = await failureOf({ bucket: 'kedge-missing' });
  expect(failure.code).toBe('invalid_config');
  expect(failure.message).toMatch(/bucket "kedge-missing" does not exist at http.*create_bucket: true/);
});

it('says that the keys are wrong, twice alike, and shows neither', async () => {
  for (let n = 0; n < 2; n++) {
    const unknown = await failureOf({ access_key: 'AKIDNOBODY' });
    expect(unknown).toMatchObject({ code: 'access_denied' });
    expect(unknown.message).toMatch(/secret_key does not belong to access_key AK\*\*\*, or that key is unknown/);
    const wrong = await failureOf({ secret_key: 'wrong-secret' });
    expect(wrong).toMatchObject({ code: 'access_denied' });
    expect(wrong.message).toMatch(/secret_key does not belong to access_key te\*\*\*/);
    expect(`${unknown.message} ${wrong.message}`).not.toMatch(/AKIDNOBODY|wrong-secret|testing/);
  }
});

it('names the permission that is missing', async () => {
  const config = { ...(await configuration()), create_bucket: true };
  const owner = new S3Driver(configSchema.parse(config));
  await owner.init();
  await owner.close();
  const { guest } = await swiftServer();
  const failure = await failureOf({ bucket: config.bucket, access_key: guest.user, secret_key: guest.key });
  expect(failure.code).toBe('access_denied');
  expect(failure.message).toMatch(/self check: writing failed.*known but lack s3:PutObject on bucket "kedge-/);
});

it('names another signing region', async () => {
  const failure = await failureOf({ region: 'eu-west-9' });
  expect(failure.code).toBe('invalid_config');
  expect(failure.message).toMatch(
    /region "eu-west-9" is not .*set region to us-east-1|another region than "eu-west-9"/,
  );
});
