import { createTestDatabase } from '@kedge/database/testing';
import { installJobQueue } from '../queue/install-job-queue.js';
import { probeService } from '../testing/probe-service.js';
import { ServiceBed } from '../testing/service-bed.js';
import { writeConfig } from '../testing/service-config.js';
import { startService } from './start-service.js';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await ServiceBed.start();
});
afterAll(() => bed.close());

describe('a start that fails', () => {
  it('names the database that does not answer, not the password', async () => {
    const config = await writeConfig('postgresql://kedge:s3cret@127.0.0.1:9/images');
    const start = startService(probeService, config.config, { logger: bed.logger });
    await expect(start).rejects.toMatchObject({
      name: 'DatabaseError',
      code: 'unreachable',
      message: expect.stringMatching(/kedge@127\.0\.0\.1:9\/images/),
    });
    await expect(start).rejects.toMatchObject({ message: expect.not.stringContaining('s3cret') });
    await config.remove();
  });

  it('asks for the upgrade of an empty database', async () => {
    const empty = await createTestDatabase({ migrated: false });
    const config = await writeConfig(empty.url);
    await expect(startService(probeService, config.config, { logger: bed.logger })).rejects.toMatchObject({
      code: 'schema_missing',
      message: expect.stringMatching(/anchore-manager db upgrade/),
    });
    await config.remove();
    await empty.drop();
  });

  it('leaves nothing behind when the port is taken', async () => {
    const other = await createTestDatabase();
    await installJobQueue(other.settings);
    const config = await writeConfig(other.url);
    const { port } = new URL(bed.service.url);
    await expect(
      startService(probeService, config.config, { logger: bed.logger, port: Number(port) }),
    ).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const left = () =>
      other.sql.query(`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'kedge-policy_engine%'`);
    while ((await left()).length > 0); // a server process takes a moment to end; never, when a connection stays open
    expect(await other.sql.query(`SELECT 1 FROM services`)).toEqual([]);
    await config.remove();
    await other.drop();
  });

  it('says which section is missing', async () => {
    await expect(
      startService({ ...probeService, name: 'catalog' }, bed.file.config, { logger: bed.logger }),
    ).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/services\.catalog: is required/),
    });
  });

  it('answers 503 while the database is gone', async () => {
    const dying = await createTestDatabase();
    const config = await writeConfig(dying.url);
    await installJobQueue(dying.settings);
    const lonely = await startService(probeService, config.config, { logger: bed.logger });
    try {
      await dying.drop();
      expect((await fetch(`${lonely.url}/health`)).status).toBe(200);
      expect((await fetch(`${lonely.url}/health/ready`)).status).toBe(503);
    } finally {
      await lonely.close();
      await config.remove();
    }
  });
});
