import { parseDatabaseUrl } from '@kedge/config';
import { createDataSource, Sql } from '@kedge/database';
import { builtinDrivers } from '@kedge/drivers';
import { migrate, type MigrationSide, type MoveStep } from '../index.js';

/** What {@link main} is told by its first argument, as JSON. */
export interface ChildOrder {
  url: string;
  /** `db`, or the directory of a `localfs` driver. */
  from: string;
  to: string;
  /** The process kills itself when it gets to this step for the n-th time. */
  killAt?: { step: MoveStep; time: number };
  bytesPerSecond?: number;
  workers?: number;
}

/** A migration in a process of its own, so that a test can end it anywhere. Exit code 0: complete; 1: not; 3: stopped. */
async function main(order: ChildOrder): Promise<number> {
  const settings = parseDatabaseUrl(order.url);
  const dataSource = await createDataSource(settings);
  const sql = new Sql(dataSource);
  const side = async (place: string): Promise<MigrationSide> => {
    const wanted =
      place === 'db' ? { name: 'db', config: {} } : { name: 'localfs', config: { archive_data_dir: place } };
    const driver = builtinDrivers().createDriver(wanted, { sql });
    await driver.init();
    return {
      driver,
      name: wanted.name,
      compression: { enabled: true, min_size_kbytes: 1, codec: 'zstd' },
      section: 'object_store',
    };
  };
  const seen = new Map<MoveStep, number>();
  try {
    const report = await migrate({
      sql,
      database: settings,
      source: await side(order.from),
      destination: await side(order.to),
      deleteSource: true,
      workers: order.workers ?? 4,
      ...(order.bytesPerSecond ? { bytesPerSecond: order.bytesPerSecond } : {}),
      onProgress: ({ objects }) => process.stdout.write(`${objects}\n`),
      onStep: (step) => {
        const times = (seen.get(step) ?? 0) + 1;
        seen.set(step, times);
        if (order.killAt?.step === step && order.killAt.time === times) process.kill(process.pid, 'SIGKILL');
      },
    });
    return report.complete ? 0 : 1;
  } catch (error) {
    process.stderr.write(
      `${(error as Error).name} ${(error as { code?: string }).code ?? ''}: ${(error as Error).message}\n`,
    );
    return 3;
  }
}

void main(JSON.parse(process.argv[2] ?? '{}') as ChildOrder).then((code) => process.exit(code));
