import { StorageError, type DriverRegistry } from '@kedge/object-store';
import type { Command } from 'commander';
import type { CommandContext } from '../../command/context.js';
import { withDatabase, type DatabaseOptions } from '../../command/database-options.js';
import { EXIT, ExitCode } from '../../command/exit-code.js';
import { addHelpNotes } from '../../command/help-notes.js';
import { sectionDriver, storageSection } from '../storage-section.js';
import { probeEndpoint } from './endpoint.js';
import { probeDriver, type Probe } from './probes.js';
import { smallestS3Policy } from './s3-policy.js';

/** `doctor`: what works with a storage section and what does not, one line a thing. */
export function addDoctorCommand(group: Command, context: CommandContext, registry: DriverRegistry): void {
  const { console } = context;
  addHelpNotes(
    group
      .command('doctor <configfile>')
      .description('try every operation of a storage section by itself: permissions, long objects, clock, TLS, latency')
      .option('--analysis-archive', 'examine services.catalog.analysis_archive instead of object_store'),
    {
      examples: ['objectstorage doctor new.yaml'],
      exitCodes: { 0: 'all is well', 2: 'wrong usage, configuration or database', 5: 'something failed' },
    },
  ).action(async (file: string, _options, command: Command) => {
    const options = command.optsWithGlobals<DatabaseOptions & { analysisArchive?: boolean }>();
    const section = storageSection(file, { analysisArchive: options.analysisArchive ?? false, role: '' }, context);
    await withDatabase(options, context, async ({ sql }) => {
      const wanted = section.settings.storage_driver;
      const driver = sectionDriver(section, { registry, sql });
      const probes: Probe[] = [];
      try {
        const url = wanted.config['url'] ?? wanted.config['auth'] ?? wanted.config['os_auth_url'];
        if (typeof url === 'string') probes.push(...(await probeEndpoint(url)));
        const started = performance.now();
        const ready = await driver.init().then(
          () => 'connected; write, read back and delete proven',
          (error: unknown) => {
            if (error instanceof StorageError) return error;
            throw error;
          },
        );
        const milliseconds = Math.round(performance.now() - started);
        const ok = typeof ready === 'string';
        probes.push({ name: 'start', ok, milliseconds, message: ok ? ready : ready.message });
        // A self check that fails does not say what else would, so each operation is tried all the same.
        probes.push(...(await probeDriver(driver)));
      } finally {
        await driver.close();
      }
      const policy = wanted.name === 's3' ? smallestS3Policy(wanted.config) : undefined;
      const rows = probes.map(({ name, ok, milliseconds, message }) => [
        ok ? 'ok' : 'FAILED',
        name,
        `${milliseconds} ms`,
        message,
      ]);
      const text = [`${driver.place}`, console.table(['', 'what', 'took', 'found'], rows)];
      if (policy) text.push('', 'The smallest policy that Kedge needs here:', JSON.stringify(policy, null, 2));
      console.result({ place: driver.place, probes, ...(policy ? { policy } : {}) }, text.join('\n'));
      if (probes.some(({ ok }) => !ok)) throw new ExitCode(EXIT.objectStore);
    });
  });
}
