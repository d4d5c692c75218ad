import { writeSync } from 'node:fs';
import { ObjectStore } from '../object-store.js';
import { killedContent, killedId, PROGRAM, SIZES, type KilledOrder } from './killed-puts.js';
import { pieces } from './content.js';
import { pluginDriver } from './plugin-driver.js';

// The program that killedPuts() runs and kills: options as JSON in; it says `ready`, waits for a byte, and then puts one
// version after the other of every key, and says before and after each put which it is.

const say = (line: string): void => void writeSync(1, `${line}\n`);

async function run(order: KilledOrder): Promise<void> {
  const { driver, context } = await pluginDriver(order, `${PROGRAM}-${process.pid}`);
  if (!context.sql) throw new Error('the object store needs a database');
  const compression = { enabled: order.compress, min_size_kbytes: 1, codec: 'zstd' as const };
  const objects = new ObjectStore({ driver, sql: context.sql, compression });
  say('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  await Promise.all(
    order.keys.map(async (key, lane) => {
      for (let version = order.version; ; version += 1) {
        say(`begin ${key} ${version}`);
        const content = killedContent(key, version, SIZES[(version + lane) % SIZES.length] ?? 0);
        await objects.put(killedId(key), pieces(content));
        say(`done ${key} ${version}`);
      }
    }),
  );
}

run(JSON.parse(process.argv[2] ?? '') as KilledOrder).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
