import {
  lastPace,
  likelyPace,
  MigrationError,
  Places,
  probePace,
  secondsAt,
  totals,
  type BucketTotal,
  type MigrationSide,
  type Pace,
} from '@kedge/migration';
import { ObjectStore } from '@kedge/object-store';
import { formatBytes } from '../../command/byte-size.js';
import type { CommandContext } from '../../command/context.js';
import { formatDuration } from '../../command/duration.js';
import type { ConnectedDatabase } from '../../command/database-options.js';
import { EXIT, ExitCode } from '../../command/exit-code.js';
import { probeDriver } from '../doctor/probes.js';
import { spaceAt } from './space.js';

export interface DryRun {
  source: MigrationSide;
  destination: MigrationSide;
  buckets: string[] | undefined;
  workers: number;
  /** Limit of all copies together. */
  bytesPerSecond: number | undefined;
}

/**
 * Says what a migration would move, whether the destination lets it and has the room, and how long it would take. Writes
 * nothing but objects of its own at the destination, which it deletes again.
 *
 * @throws ExitCode 5 when the destination refuses something or lacks room.
 */
export async function dryRun(context: CommandContext, { sql }: ConnectedDatabase, wanted: DryRun): Promise<void> {
  const { console } = context;
  const { source, destination, buckets } = wanted;
  const places = new Places(source.driver, destination.driver);
  if (places.same) throw new MigrationError('same_place', `source and destination are both ${source.driver.place}`);
  const { compression } = destination;
  const store = new ObjectStore({ driver: destination.driver, readers: [source.driver], sql, compression });
  const space = await spaceAt(destination.driver, sql);
  const found = await totals(store, places, buckets, { block: space.block, compressed: compression.enabled });
  const permissions = await probeDriver(destination.driver);
  const refused = permissions.filter(({ ok }) => !ok);
  const former = await lastPace(sql, source, destination);
  const probed =
    refused.length === 0 ? await probePace(store, places, { buckets, workers: wanted.workers }) : undefined;
  const pace = likelyPace(former, probed, found.objects, found.plainBytes);
  const limit = wanted.bytesPerSecond;
  const seconds = pace && Math.ceil(secondsAt(pace, found.objects, found.plainBytes, limit));
  const lacking = space.free !== null && space.free < found.needed;

  const text = [
    `from   ${source.driver.place}`,
    `to     ${destination.driver.place}`,
    '',
    console.table(['account', 'bucket', 'objects', 'size'], found.buckets.map(row)),
    '',
    `${found.objects} objects, ${formatBytes(found.bytes)} would be moved; ${found.untouched} elsewhere stay as they are.`,
    '',
    console.facts([
      [
        'space',
        `${formatBytes(found.needed)} needed, ${space.free === null ? 'free: unknown' : `${formatBytes(space.free)} free`} (${space.note})${lacking ? ' - NOT ENOUGH' : ''}`,
      ],
      ['may', permissions.map(({ name, ok }) => `${name}: ${ok ? 'yes' : 'NO'}`).join(', ')],
      ...refused.map(({ name, message }) => ['', `${name}: ${message}`] as const),
      ['takes', durationText(seconds, pace, limit)],
    ]),
  ];
  const result = {
    from: source.driver.place,
    to: destination.driver.place,
    ...found,
    space: { needed: found.needed, free: space.free, enough: space.free === null ? null : !lacking, note: space.note },
    permissions,
    estimate: pace && seconds !== undefined ? { seconds, ...pace, bwlimit: limit ?? null } : null,
  };
  console.result(result, text.join('\n'));
  if (refused.length > 0 || lacking) throw new ExitCode(EXIT.objectStore);
}

function row({ account, bucket, objects, bytes }: BucketTotal): (string | number)[] {
  return [account, bucket, objects, formatBytes(bytes)];
}

function durationText(seconds: number | undefined, pace: Pace | undefined, limit: number | undefined): string {
  if (seconds === undefined || !pace) return 'unknown, because nothing could be copied to try';
  const from =
    'migration' in pace.from
      ? `at the pace of migration ${pace.from.migration}`
      : `at the pace of ${pace.from.probedObjects} objects (${formatBytes(pace.from.probedBytes)}) that were copied, proven and deleted to try`;
  const most = limit === undefined ? '' : `, at most ${formatBytes(limit)}/s`;
  return `about ${formatDuration(seconds)}${most}, ${from}: ${pace.objectsPerSecond.toFixed(1)} objects/s, ${formatBytes(Math.round(pace.bytesPerSecond))}/s`;
}
