import { parseDatabaseUrl } from '@kedge/config';
import { PgBossJobQueue } from '../queue/pg-boss-job-queue.js';

/** Takes one `analyze-image` job, says so on stdout, and never finishes. A test starts and kills this process. */
async function main(): Promise<void> {
  const queue = await PgBossJobQueue.open(parseDatabaseUrl(process.env['KEDGE_WORKER_DATABASE'] ?? ''), {
    leaseSeconds: 10,
    superviseSeconds: 1,
    onProblem: (problem) => console.error(problem),
  });
  await queue.work('analyze-image', { concurrency: 1 }, async (job) => {
    process.stdout.write(`${job.id}\n`);
    await new Promise(() => undefined);
  });
}

void main();
