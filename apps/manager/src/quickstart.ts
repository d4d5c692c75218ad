import { runQuickstart } from './quickstart/run-quickstart.js';

void runQuickstart(process.argv.slice(2)).then((code) => {
  // Everything was closed in order; a stray handle must not keep the process.
  process.exit(code);
});
