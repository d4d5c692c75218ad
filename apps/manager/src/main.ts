#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { runManager } from './manager.js';

// Every durable write waits for the disk in this pool; with the usual four threads a migration would write four files at a
// time whatever --workers says. Node reads the variable when the pool is first used, which is after this line.
process.env['UV_THREADPOOL_SIZE'] ??= '16';

// Content passes in buffers outside the heap, which are freed with the small objects that stand for them. A young
// generation that stays small is cleared often, so that they go early and not by a collection of the whole heap; a migration
// takes 45 MB less by it.
setFlagsFromString('--semi-space-growth-factor=1');

// Whoever reads may stop early (`| head -1`). That is no error, and no reason to stop in the middle of work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

void runManager(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
