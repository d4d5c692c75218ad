import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { openJobs } from '../command/open-jobs.js';
import { ExitCode, EXIT } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';

/** `anchore-manager policy-engine ...`: what the policy engine has indexed. */
export function addPolicyEngineCommands(program: Command, context: CommandContext): void {
  const { console } = context;
  const group = addDatabaseOptions(program.command('policy-engine').description('what the policy engine has indexed'));

  addHelpNotes(
    group
      .command('reload')
      .description('index analysed images again, e.g. after enable_package_db_load was switched on; needs no analysis')
      .option('--image <digest>', 'only this image')
      .option('--account <name>', 'only images of this account'),
    {
      examples: ['policy-engine reload', 'policy-engine reload --account team'],
      exitCodes: { 1: 'there is no analysed image of the digest' },
    },
  ).action(async (_options, command: Command) => {
    const options = command.optsWithGlobals<DatabaseOptions & { image?: string; account?: string }>();
    await withDatabase(options, context, async ({ settings, sql }) => {
      const jobs = await openJobs(settings, context);
      let sent = 0;
      try {
        const rows = sql.stream<{ account: string; digest: string }>(
          `SELECT "userId" AS account, "imageDigest" AS digest FROM catalog_image
             WHERE analysis_status = 'analyzed' AND image_status = 'active'
               AND ($1::varchar IS NULL OR "imageDigest" = $1) AND ($2::varchar IS NULL OR "userId" = $2)`,
          [options.image ?? null, options.account ?? null],
        );
        for await (const { account, digest } of rows) {
          await jobs.send('index-image', { account, imageDigest: digest });
          sent += 1;
        }
      } finally {
        await jobs.close();
      }
      if (sent === 0 && options.image) {
        throw new ExitCode(EXIT.incomplete, `there is no analysed image ${options.image}; list images for its state`);
      }
      console.result({ images: sent }, `${sent} image(s) will be indexed again by the policy engine.`);
    });
  });
}
