import { z } from 'zod';
import type { DriverPlugin, StorageDriver } from './driver.js';
import { DriverRegistry } from './registry.js';

function plugin(name: string): DriverPlugin {
  return {
    apiVersion: 1,
    name,
    scheme: name,
    description: name,
    configSchema: z.object({ bucket: z.string(), port: z.number() }),
    create: (config) => ({ name, config }) as unknown as StorageDriver,
  };
}

const config = { bucket: 'b', port: 1 };
const failure = (text: string): Error =>
  expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(text) as unknown });

it('makes drivers by name and by the other names of old files', () => {
  const registry = new DriverRegistry().register(plugin('localfs')).register(plugin('db'));
  expect(registry.names()).toEqual(['localfs', 'db']);
  for (const [name, expected] of [
    ['localfs', 'localfs'],
    ['filesystem', 'localfs'],
    ['db', 'db'],
    ['db2', 'db'],
  ] as const) {
    expect(registry.createDriver({ name, config }, {}).name).toBe(expected);
  }
});

it('names the drivers it knows when asked for another', () => {
  const registry = new DriverRegistry().register(plugin('localfs')).register(plugin('db'));
  expect(() => registry.createDriver({ name: 'azure', config }, {})).toThrow(failure('known drivers: localfs, db'));
});

it('reports every fault of a configuration without its values', () => {
  const registry = new DriverRegistry().register(plugin('s3'));
  const make = () => registry.createDriver({ name: 's3', config: { bucket: 7, port: 'hunter2' } }, {});
  expect(make).toThrow(failure('bucket'));
  expect(make).toThrow(failure('port'));
  expect(make).not.toThrow(failure('hunter2'));
});

it('refuses a second driver of one name and other versions of the contract', () => {
  const registry = new DriverRegistry().register(plugin('localfs'));
  expect(() => registry.register(plugin('filesystem'))).toThrow(failure('registered twice'));
  expect(() => registry.register({ ...plugin('x'), apiVersion: 2 as 1 })).toThrow(failure('version 2'));
});
