import type { DatabaseSettings } from '@kedge/config';
import { PgBossJobQueue } from '@kedge/service/queue';
import type { CommandContext } from './context.js';

/** The job queue, to send jobs by. The caller closes it. @throws DatabaseError */
export function openJobs(settings: DatabaseSettings, { console }: CommandContext): Promise<PgBossJobQueue> {
  return PgBossJobQueue.open(settings, {
    onProblem: (problem) =>
      console.log('WARN', 'utils', 'open_jobs', problem instanceof Error ? problem.message : problem),
  });
}
