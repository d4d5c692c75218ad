import type { DatabaseSettings } from '@kedge/config';

/** Creates or upgrades the queue's tables and queues. Idempotent; part of `anchore-manager db upgrade`. */
export async function installJobQueue(settings: DatabaseSettings): Promise<void> {
  throw new Error(`not written yet: ${settings.database ?? ''}`);
}
