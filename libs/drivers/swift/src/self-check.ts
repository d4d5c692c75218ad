import { StorageError } from '@kedge/object-store';
import { randomBytes } from 'node:crypto';
import type { SwiftClient } from './client.js';
import { isMissing, toStorageError, type Attempt } from './failure.js';
import { listContainer } from './listing.js';
import type { SwiftSettings } from './settings.js';

/**
 * Proves that this configuration can log in, write, read back, list, delete and see that something is gone, all below
 * the prefix; creates the container first if that is asked for.
 *
 * @throws StorageError saying which of it failed, why, and what to do.
 */
export async function selfCheck(client: SwiftClient, settings: SwiftSettings): Promise<void> {
  const { container } = settings;
  const name = `${settings.prefix}kedge-self-check.${randomBytes(16).toString('hex')}`;
  const content = `kedge self check ${name}`;
  const broken = (what: string): StorageError =>
    new StorageError('integrity', `swift driver: self check: container "${container}" ${what}`, { driver: 'swift' });
  const step = async <T>(action: Attempt['action'], doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const failure = toStorageError({ action, container, text: `self check: ${doing}` }, error);
      if (failure.code === 'not_found') throw broken('does not find what it just stored');
      throw failure;
    }
  };

  const put = () => client.ask({ method: 'PUT', container, name, body: Buffer.from(content) });
  await step('write', 'writing', async () => {
    try {
      await put();
    } catch (error) {
      if (!isMissing(error)) throw error; // it is the container that is missing
      await createContainer(client, settings);
      await put();
    }
  });
  try {
    const read = await step('read', 'reading back', () => client.ask({ method: 'GET', container, name }));
    if (read.text !== content) throw broken('read back something else than it wrote');
    const listed = await step('list', 'listing', () => listContainer(client, container, name, 1).next());
    if (listed.done || listed.value.name !== name) throw broken('does not list what was written');
  } catch (error) {
    await client.ask({ method: 'DELETE', container, name }).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
  await step('delete', 'deleting', () => client.ask({ method: 'DELETE', container, name }));
  const gone = await step('read', 'looking for deleted content', () =>
    client.ask({ method: 'HEAD', container, name }).then(() => false, missing),
  );
  if (!gone) throw broken('still has what was deleted');
}

async function createContainer(client: SwiftClient, settings: SwiftSettings): Promise<void> {
  const { container } = settings;
  if (!settings.createContainer) {
    const message = `swift driver: container "${container}" does not exist in ${await client.storageUrl()}; create it, correct its name or set create_container: true`;
    throw new StorageError('invalid_config', message, { driver: 'swift' });
  }
  try {
    await client.ask({ method: 'PUT', container });
  } catch (error) {
    throw toStorageError({ action: 'create', container, text: 'self check: creating the container' }, error);
  }
}

function missing(error: unknown): boolean {
  if (isMissing(error)) return true;
  throw error;
}
