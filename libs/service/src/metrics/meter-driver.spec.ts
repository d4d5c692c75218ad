import { builtinDrivers } from '@kedge/drivers';
import type { StorageDriver } from '@kedge/object-store';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { meterDriver, meteredDrivers } from './meter-driver.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kedge-metered-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function samples(registry: Registry, name: string): Promise<Record<string, number>> {
  const metric = (await registry.getMetricsAsJSON()).find((candidate) => candidate.name === name);
  const values = (metric?.values ?? []) as { labels: Record<string, string>; value: number; metricName?: string }[];
  return Object.fromEntries(
    values
      .filter(({ metricName }) => metricName === undefined || metricName.endsWith('_count'))
      .map(({ labels, value }) => [[labels['operation'], labels['code']].filter(Boolean).join(' '), value]),
  );
}

describe('metered drivers', () => {
  it('do what they did, and count operations, bytes and failures', async () => {
    const registry = new Registry();
    const driver = meteredDrivers(builtinDrivers(), registry).createDriver(
      { name: 'localfs', config: { archive_data_dir: directory } },
      {},
    );
    await driver.init();
    const content = Buffer.alloc(300_000, 'k');
    const { uri } = await driver.put({ account: 'a', bucket: 'b', key: 'c', unique: 'u' }, Readable.from([content]));
    expect(driver.owns(uri)).toBe(true);
    expect((await buffer(await driver.get(uri))).equals(content)).toBe(true);
    (await driver.get(uri)).destroy(); // a reader that stops early is no failure
    expect(await driver.stat(uri)).toEqual({ size: 300_000 });
    expect(await driver.deleteMany([uri])).toEqual([]);
    await expect(driver.get(uri)).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      driver.put({ account: 'a', bucket: 'b', key: 'd', unique: 'u' }, Readable.from(failing())),
    ).rejects.toThrow();
    await driver.close();

    expect(await samples(registry, 'kedge_storage_operation_seconds')).toEqual({
      init: 1,
      put: 2,
      get: 3,
      stat: 1,
      delete_many: 1,
    });
    expect(await samples(registry, 'kedge_storage_bytes_total')).toMatchObject({ put: 300_000 });
    expect((await samples(registry, 'kedge_storage_bytes_total'))['get']).toBeGreaterThanOrEqual(300_000);
    expect(await samples(registry, 'kedge_storage_errors_total')).toEqual({ 'get not_found': 1, 'put unknown': 1 });
  });

  it('count content that breaks while it is read', async () => {
    const registry = new Registry();
    const broken = { get: () => Promise.resolve(Readable.from(failing())) } as unknown as StorageDriver; // only get is used
    const body = await meterDriver(Object.assign(broken, { name: 'odd' }), registry).get('odd://x');
    await expect(buffer(body)).rejects.toThrow('the source broke');
    expect(await samples(registry, 'kedge_storage_errors_total')).toEqual({ 'get unknown': 1 });
    expect(await samples(registry, 'kedge_storage_bytes_total')).toEqual({ get: 5 });
  });
});

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('start');
  throw new Error('the source broke');
}
