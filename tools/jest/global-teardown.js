// Stops the PostgreSQL that global-setup.js started and removes its folder; a server named by the caller is left alone.
const { rm } = require('node:fs/promises');

module.exports = async function stopPostgres() {
  const started = globalThis.kedgeTestPostgres;
  if (!started) return;
  delete globalThis.kedgeTestPostgres;
  delete process.env.KEDGE_TEST_PG_URL;
  try {
    await started.server.stop();
  } finally {
    await rm(started.directory, { recursive: true, force: true });
  }
};
