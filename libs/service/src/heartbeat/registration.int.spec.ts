import { createTestDatabase } from '@kedge/database/testing';
import { startService } from '../bootstrap/start-service.js';
import { installJobQueue } from '../queue/install-job-queue.js';
import { probeService } from '../testing/probe-service.js';
import { ServiceBed } from '../testing/service-bed.js';
import { writeConfig } from '../testing/service-config.js';

let bed: ServiceBed;
beforeAll(async () => {
  bed = await ServiceBed.start();
});
afterAll(() => bed.close());

describe('registration', () => {
  const rows = () =>
    bed.database.sql.query<{
      hostid: string;
      servicename: string;
      base_url: string;
      version: string;
      status: boolean;
      status_message: string;
      short_description: string;
      heartbeat: number;
    }>(`SELECT * FROM services`);

  it('is renewed, found by others, and taken back by a clean stop', async () => {
    await bed.database.sql.query(`UPDATE services SET heartbeat = 5`);
    let [row] = await rows();
    while (row?.heartbeat === 5) [row] = await rows();
    expect(row).toMatchObject({
      hostid: 'test-host',
      servicename: 'policy_engine',
      base_url: bed.service.url,
      status: true,
      version: 'v1',
    });
    expect(JSON.parse(row?.short_description ?? '')).toMatchObject({
      up: true,
      detail: { enable_package_db_load: true },
    });
    await expect((await bed.service.context.policyEngine()).policySpec()).rejects.toMatchObject({ status: 404 }); // it was asked

    const { url } = bed.service;
    await bed.service.close();
    expect(await rows()).toMatchObject([{ status: false, status_message: 'stopped' }]);
    await expect(fetch(url)).rejects.toThrow();
    bed.service = await startService(probeService, bed.file.config, { logger: bed.logger });
    expect(await rows()).toMatchObject([{ status: true, base_url: bed.service.url }]);
  });

  it('of a second service with the same host_id is warned about and not taken down by the first', async () => {
    bed.log.length = 0;
    const second = await startService(probeService, bed.file.config, { logger: bed.logger });
    expect(bed.log.join('')).toMatch(/another service reports with the same host_id/);
    const first = bed.service;
    bed.service = second;
    await first.close();
    expect(await rows()).toMatchObject([{ status: true, base_url: second.url }]);
  });

  it('is unknown when nobody reported lately', async () => {
    const other = await createTestDatabase();
    const config = await writeConfig(other.url);
    await installJobQueue(other.settings);
    const alone = await startService(probeService, config.config, { logger: bed.logger });
    try {
      await other.sql.query(`UPDATE services SET heartbeat = 5`);
      await expect(alone.context.policyEngine()).rejects.toMatchObject({
        status: 503,
        message: expect.stringMatching(/no policy engine/),
      });
      expect((await fetch(`${alone.url}/metrics`)).status).toBe(404); // not enabled here
    } finally {
      await alone.close();
      await config.remove();
      await other.drop();
    }
  });
});
