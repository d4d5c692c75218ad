import { swiftServer } from '@kedge/object-store/testing';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Deployment, type Ended } from './testing/deployment.js';

const POLICY = '2c53a13c-1765-11e8-82ef-23527761d060';
const DB = { compression: { enabled: true, min_size_kbytes: 1 }, storage_driver: { name: 'db', config: {} } };
const LIST_HEADER = 'id state start time end time from to migrated count total to migrate last updated'.replace(
  / /g,
  '',
);

interface Destination {
  driver: string;
  config: Record<string, unknown>;
  secrets: string[];
}

async function destination(name: string, deployment: Deployment): Promise<Destination> {
  if (name === 'localfs') {
    return { driver: name, config: { archive_data_dir: join(deployment.directory, 'objects') }, secrets: [] };
  }
  const { s3 } = await swiftServer();
  const config = {
    url: s3.url,
    region: s3.region,
    access_key: s3.accessKey,
    secret_key: s3.secretKey,
    bucket: `procedure-${Date.now()}`,
    create_bucket: true,
    prefix: 'internaltest',
  };
  return { driver: name, config, secrets: [s3.secretKey] };
}

/** The procedure that operators know by heart: stop, check, migrate, list, swap the file, start, fetch a policy. */
describe.each(['localfs', 's3'])('moving an installation from the database to %s and back', (name) => {
  let deployment: Deployment;
  let to: Destination;
  let config: string;
  let dest: string;
  const written: string[] = [];
  const manager = async (args: string[], input?: string): Promise<Ended> => {
    const [group, ...rest] = args;
    const all =
      group === '--json'
        ? [...args, '--db-connect', deployment.databaseUrl]
        : [group ?? '', '--db-connect', deployment.databaseUrl, ...rest];
    const ended = await deployment.manager(all, input === undefined ? {} : { input });
    written.push(ended.stdout, ended.stderr);
    return ended;
  };
  const policy = () => deployment.api.call<Record<string, unknown>[]>('GET', `/policies/${POLICY}?detail=true`);

  beforeAll(async () => {
    deployment = await Deployment.create();
    to = await destination(name, deployment);
    config = await deployment.writeConfig('config.yaml', DB);
    const storage = {
      compression: DB.compression,
      storage_driver: { name: to.driver, config: to.config },
    };
    dest = await deployment.writeConfig('dest-config.yaml', storage);
    expect(await manager(['db', 'upgrade', '--dontask'])).toMatchObject({ code: 0 });
  }, 600_000);
  afterAll(() => deployment.tearDown());

  let before: unknown;
  it('begins with an installation that serves its policy', async () => {
    await deployment.start('catalog', config);
    before = await policy();
    expect(before).toMatchObject([{ policyId: POLICY, active: true, policybundle: { id: POLICY } }]);
  }, 60_000);

  it('is refused while the catalog runs', async () => {
    const refused = await manager(['objectstorage', 'migrate', '--dontask', config, dest]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('catalog on') });
    expect(await deployment.stopAll()).toEqual([0]);
  }, 120_000);

  it('checks the destination', async () => {
    const { code, stderr } = await manager(['objectstorage', 'check', dest]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('Archive config check completed successfully')]);
    for (const line of ['DB connected: True', `Using config file ${dest}`, 'Removing test object']) {
      expect(stderr).toContain(`[INFO] ${line}`);
    }
  }, 60_000);

  it('examines it, one thing at a time', async () => {
    const { code, stdout } = await manager(['objectstorage', 'doctor', dest]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ok +long put .* 33 MiB in parts/)]);
    expect(stdout.includes('s3:AbortMultipartUpload')).toBe(name === 's3');
  }, 60_000);

  it.each([['n'], [''], ['nyet']])(
    'moves nothing when the answer is %j',
    async (answer) => {
      const { code, stdout } = await manager(['objectstorage', 'migrate', config, dest], `${answer}\n`);
      expect([code, stdout]).toEqual([0, expect.stringContaining('Skipping conversion.')]);
      expect(stdout).toContain('requires *all* anchore-engine services to be stopped - proceed? (y/N)');
    },
    60_000,
  );

  it('says beforehand what it would move', async () => {
    const { code, stdout } = await manager(['objectstorage', 'migrate', '--dry-run', config, dest]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/admin +policy_bundles +1 .*\n\n1 objects/s)]);
    expect(stdout).toMatch(name === 'localfs' ? /space .* needed, .* free \(of the file system/ : /free: unknown/);
    expect(stdout).toMatch(
      /may +put: yes, get: yes, stat: yes, list: yes, delete: yes, long put: yes, long delete: yes/,
    );
    expect(stdout).toMatch(/takes +about \d+ s, at the pace of 1 objects \(.*\) that were copied, proven and deleted/);
    // It left nothing behind.
    const checked = await manager(['--json', 'objectstorage', 'fsck', '--grace-hours', '1', dest]);
    expect(JSON.parse(checked.stdout)).toMatchObject({ locations: 0 });
  }, 60_000);

  it('moves everything, and lists the run', async () => {
    const { code, stdout, stderr } = await manager(['objectstorage', 'migrate', config, dest], ' Yes \n');
    expect([code, stderr]).toEqual([0, expect.stringContaining('"state":"complete"')]);
    expect(stdout).toContain('1 of 1 objects moved and proven');
    expect(stdout).toContain(`name: ${to.driver}`);
    const list = await manager(['objectstorage', 'list-migrations']);
    const [header = '', row = ''] = list.stdout.split('\n');
    expect(header.replace(/ /g, '')).toBe(LIST_HEADER);
    expect(row).toMatch(new RegExp(`^1 +complete +\\S+T\\S+ +\\S+T\\S+ +db +${to.driver} +1 +1 +\\S+T\\S+$`));
    expect(await manager(['objectstorage', 'show-migration', '1'])).toMatchObject({ code: 0 });
    expect(await manager(['objectstorage', 'fsck', dest])).toMatchObject({ code: 0 });
  }, 120_000);

  it('serves the same policy under the new configuration', async () => {
    await copyFile(dest, config);
    await deployment.start('catalog', config);
    expect(await policy()).toEqual(before);
    expect(await deployment.stopAll()).toEqual([0]);
  }, 60_000);

  const way = name === 's3' ? 'the same command with the files exchanged' : 'rollback';
  it(`goes back by ${way}, and serves it still`, async () => {
    const old = await deployment.writeConfig('config.old.yaml', DB);
    const back =
      name === 's3'
        ? ['objectstorage', 'migrate', '--dontask', dest, old]
        : ['objectstorage', 'rollback', '--dontask', '--from-config', old, '--to-config', dest, '1'];
    const { code, stdout } = await manager(back);
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 of 1 objects moved and proven')]);
    const list = await manager(['objectstorage', 'list-migrations']);
    expect(list.stdout.split('\n')[2]).toMatch(new RegExp(`^2 +complete +\\S+ +\\S+ +${to.driver} +db +1 +1 `));
    await copyFile(old, config);
    await deployment.start('catalog', config);
    expect(await policy()).toEqual(before);
    expect(await deployment.stopAll()).toEqual([0]);
  }, 120_000);

  it('tells what is wrong with a command or a file, in one line and with exit code 2', async () => {
    const broken = join(deployment.directory, 'broken.yaml');
    await writeFile(broken, (await readFile(dest, 'utf8')).replace('name: ' + to.driver, 'name: tape'));
    for (const [args, message] of [
      [['objectstorage', 'migrate', '--dontask', config, '/none.yaml'], 'config file does not exist'],
      [['objectstorage', 'migrate', '--dontask', dest, broken], 'unknown storage driver "tape"'],
      [['objectstorage', 'migrate', '--dontask', dest, dest], 'same place'],
      [['objectstorage', 'migrate', '--from-analysis-archive', config, dest], 'with key analysis_archive'],
      [['objectstorage', 'migrate', config], 'missing required argument'],
      [['objectstorage', 'migrate', '--workers', 'many', config, dest], 'whole number from 1 to 256'],
    ] as const) {
      const { code, stderr } = await manager([...args]);
      expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(message)]);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  }, 180_000);

  it('wrote no secret anywhere', async () => {
    const { stdout } = await manager(['--json', 'objectstorage', 'list-migrations'].slice(1));
    const everything = `${written.join('\n')}${stdout}`;
    for (const secret of [deployment.databasePassword, deployment.adminPassword.reveal(), ...to.secrets]) {
      expect(everything).not.toContain(secret);
    }
    expect(everything).toContain('***');
  }, 60_000);
});
