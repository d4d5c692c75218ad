import { loadConfig } from '@kedge/config';
import { LayerCache } from '@kedge/layer-cache';
import type { Command } from 'commander';
import { join } from 'node:path';
import { formatBytes, parseBytes } from '../command/byte-size.js';
import type { CommandContext } from '../command/context.js';
import { addHelpNotes } from '../command/help-notes.js';

/** As `layer_cache_max_gigabytes` counts. */
const GB = 10 ** 9;

/** `anchore-manager cache ...`: the analyzer's layer cache on this machine. */
export function addCacheCommands(program: Command, context: CommandContext): void {
  const { console } = context;
  const group = program.command('cache').description("the analyzer's layer cache on this machine");

  group
    .command('du')
    .description('say how much the cache holds')
    .action(async () => {
      await withCache(context, async (cache, place) => {
        const usage = await cache.du();
        const text = [
          `cache        ${place.directory}`,
          `ceiling      ${formatBytes(place.maxBytes)}`,
          `layers       ${usage.blobs} with ${formatBytes(usage.bytes)}`,
          `downloading  ${formatBytes(usage.reservedBytes)}`,
          `being read   ${formatBytes(usage.pinnedBytes)}`,
        ];
        console.result({ ...place, ...usage }, text.join('\n'));
      });
    });

  addHelpNotes(
    group
      .command('prune')
      .description('delete the layers that were not used for the longest time; layers that are being read stay')
      .option('--keep <size>', 'keep this much, e.g. 2G; without it everything is deleted', parseBytes),
    { examples: ['--config config.yaml cache prune --keep 2G'] },
  ).action(async (_options, command: Command) => {
    const { keep = 0 } = command.opts<{ keep?: number }>();
    await withCache(context, async (cache, place) => {
      const removed = await cache.prune(keep);
      console.result(
        { ...place, ...removed },
        `Deleted ${removed.blobs} layer(s) with ${formatBytes(removed.bytes)} from ${place.directory}.`,
      );
    });
  });
}

async function withCache(
  context: CommandContext,
  work: (cache: LayerCache, place: { directory: string; maxBytes: number }) => Promise<void>,
): Promise<void> {
  const config = loadConfig(context.configFile().path, context.environment);
  const maxBytes = (config.services.analyzer?.layer_cache_max_gigabytes ?? 1) * GB;
  const cache = await LayerCache.start({ tmpDir: config.tmp_dir, maxBytes });
  try {
    await work(cache, { directory: join(config.tmp_dir, 'anchore_layercache'), maxBytes });
  } finally {
    await cache.close();
  }
}
