import { ImageStates } from '@kedge/database';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../command/database-options.js';
import { openJobs } from '../command/open-jobs.js';
import { ExitCode, EXIT } from '../command/exit-code.js';
import { addHelpNotes } from '../command/help-notes.js';

/** `anchore-manager image ...`: images that are stuck. */
export function addImageCommands(program: Command, context: CommandContext): void {
  const { console } = context;
  const group = addDatabaseOptions(program.command('image').description('images that are stuck'));

  addHelpNotes(
    group
      .command('reset <digest>')
      .description('set an image back to not_analyzed and have it analysed again')
      .option('--account <name>', 'only the image of this account; without it those of all accounts'),
    {
      examples: ['image reset sha256:76075efb...'],
      exitCodes: { 1: 'there is no such image, or it is being deleted' },
    },
  ).action(async (digest: string, _options, command: Command) => {
    const options = command.optsWithGlobals<DatabaseOptions & { account?: string }>();
    await withDatabase(options, context, async ({ settings, sql }) => {
      const rows = await sql.query<{ account: string; state: string }>(
        `SELECT "userId" AS account, analysis_status AS state FROM catalog_image
           WHERE "imageDigest" = $1 AND ($2::varchar IS NULL OR "userId" = $2) ORDER BY 1`,
        [digest, options.account ?? null],
      );
      if (rows.length === 0) throw new ExitCode(EXIT.incomplete, `there is no image ${digest}`);
      const jobs = await openJobs(settings, context);
      try {
        const reset: string[] = [];
        for (const { account } of rows) {
          if (!(await new ImageStates(sql).reset(account, digest))) continue;
          await jobs.send('analyze-image', { account, imageDigest: digest });
          reset.push(account);
        }
        if (reset.length === 0) throw new ExitCode(EXIT.incomplete, `image ${digest} is being deleted`);
        const text = reset.map((account) => `Image ${digest} of account ${account} will be analysed again.`);
        console.result({ digest, accounts: reset }, text.join('\n'));
      } finally {
        await jobs.close();
      }
    });
  });
}
