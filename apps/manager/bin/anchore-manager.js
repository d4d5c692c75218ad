#!/usr/bin/env node
// The command `anchore-manager`. It is here, and not a built file, so that `npm ci` finds something to link before the build.
// CommonJS on purpose: the loader of ES modules reads in Node's thread pool, which main.js still wants to make larger.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const program = join(__dirname, '../dist/main.js');
if (existsSync(program)) {
  require(program);
} else {
  process.stderr.write('Error: Kedge is not built yet; run `npm run build` in its folder\n');
  process.exitCode = 2;
}
