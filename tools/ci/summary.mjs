// summary.mjs <jest result file> <jest exit code>: prints `N passed, N failed` as the last line and exits with 0 only
// when Jest did too and at least one test passed. A file that could not be loaded has no tests to count: it is one failure.
import { readFileSync } from 'node:fs';

const [, , file, exitCode] = process.argv;
let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const result = JSON.parse(readFileSync(file, 'utf8'));
  passed = result.numPassedTests;
  failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  skipped = result.numPendingTests + result.numTodoTests;
} catch (error) {
  console.log(`npm test: Jest left no readable result: ${error.message}`);
}
if (passed + failed === 0) console.log('npm test: no test was run');
// A failing set-up or tear-down, or a crash, fails the run although no test did.
if (failed === 0 && (exitCode !== '0' || passed === 0)) failed = 1;
if (skipped > 0) console.log(`npm test: ${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
