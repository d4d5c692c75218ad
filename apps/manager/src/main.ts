#!/usr/bin/env node
import { runManager } from './manager.js';

// Every durable write waits for the disk in this pool; with the usual four threads a migration would write four files at a
// time whatever --workers says. Node reads the variable when the pool is first used, which is after this line.
process.env['UV_THREADPOOL_SIZE'] ??= '16';

// Whoever reads may stop early (`| head -1`). That is no error, and no reason to stop in the middle of work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

void runManager(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
