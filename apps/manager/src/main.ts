#!/usr/bin/env node
import { runManager } from './manager.js';

void runManager(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
