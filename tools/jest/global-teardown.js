// Stops the servers of this run and removes their folders; servers named by the caller are left alone.
const { execFile } = require('node:child_process');
const { rm } = require('node:fs/promises');
const { join } = require('node:path');
const { promisify } = require('node:util');

module.exports = async function stopServers() {
  const results = await Promise.allSettled([stopPostgres(), stopSwift()]);
  for (const { status, reason } of results) if (status === 'rejected') throw reason;
};

/** Does nothing but remove an empty folder when no test needed Swift. */
async function stopSwift() {
  const directory = globalThis.kedgeTestSwift;
  if (!directory) return;
  delete globalThis.kedgeTestSwift;
  delete process.env.KEDGE_TEST_SWIFT_DIR;
  await promisify(execFile)('bash', [join(__dirname, '../servers/swift.sh'), 'stop', directory]);
  await rm(directory, { recursive: true, force: true });
}

async function stopPostgres() {
  const started = globalThis.kedgeTestPostgres;
  if (!started) return;
  delete globalThis.kedgeTestPostgres;
  delete process.env.KEDGE_TEST_PG_URL;
  try {
    await started.server.stop();
  } finally {
    await rm(started.directory, { recursive: true, force: true });
  }
}
