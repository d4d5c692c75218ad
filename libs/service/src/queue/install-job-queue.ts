import type { DatabaseSettings } from '@kedge/config';
import { openBoss } from './open-boss.js';
import {
  deadLetterQueue,
  KEEP_FAILED_SECONDS,
  KEEP_FINISHED_SECONDS,
  LEASE_SECONDS,
  QUEUE_NAMES,
  QUEUES,
} from './queues.js';

/** Length of a waiting job's life: after that long without any worker it is dropped. */
const KEEP_WAITING_SECONDS = 365 * 24 * 3600;

/**
 * Creates or upgrades the tables of the job queue and brings the queues to the rules of this version. Idempotent and
 * safe to run at the same time from several processes; part of `anchore-manager db upgrade`. Services never do this.
 *
 * @throws DatabaseError `unreachable` or `refused`; errors of `pg`.
 */
export async function installJobQueue(settings: DatabaseSettings): Promise<void> {
  const boss = await openBoss(settings, { install: true, onProblem: () => undefined });
  try {
    for (const queue of QUEUE_NAMES) {
      const dead = deadLetterQueue(queue);
      const deadRules = {
        retryLimit: 10,
        retryDelay: 5,
        retryBackoff: true,
        retryDelayMax: 600,
        expireInSeconds: 300,
        heartbeatSeconds: LEASE_SECONDS,
        retentionSeconds: KEEP_WAITING_SECONDS,
        deleteAfterSeconds: KEEP_FAILED_SECONDS,
        notify: true,
      };
      await boss.createQueue(dead, { policy: 'standard', ...deadRules });
      await boss.updateQueue(dead, deadRules);
      const rules = {
        ...QUEUES[queue],
        retryBackoff: true,
        heartbeatSeconds: LEASE_SECONDS,
        retentionSeconds: KEEP_WAITING_SECONDS,
        deleteAfterSeconds: KEEP_FINISHED_SECONDS,
        deadLetter: dead,
        notify: true,
      };
      // `stately`: of the jobs with one key one waits and one runs.
      await boss.createQueue(queue, { policy: 'stately', ...rules });
      await boss.updateQueue(queue, rules);
    }
  } finally {
    await boss.stop({ graceful: false });
  }
}
