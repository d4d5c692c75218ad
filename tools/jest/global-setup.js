// One real PostgreSQL for the integration ring. Its URL reaches the tests as KEDGE_TEST_PG_URL; a server that the
// caller names there already is used as it is, and nothing is started. KEDGE_TEST_SWIFT_DIR names the folder of the run's
// Swift, which the first test that needs it starts there; the caller may name the folder of one that runs already.
const { chmod, mkdtemp, rm } = require('node:fs/promises');
const { registerHooks } = require('node:module');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/**
 * Loads libs/database's EmbeddedPostgres from its TypeScript source, so that tests need no build. Jest compiles the
 * file but its module name mapping does not reach a global set-up: `./x.js` is looked up as `./x.ts` here instead.
 */
function loadEmbeddedPostgres() {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (!specifier.startsWith('.') || !specifier.endsWith('.js')) throw error;
        return next(specifier.replace(/\.js$/, '.ts'), context);
      }
    },
  });
  try {
    return require('../../libs/database/src/embedded/embedded-postgres.ts').EmbeddedPostgres;
  } finally {
    hooks.deregister();
  }
}

module.exports = async function startServers() {
  await Promise.all([startPostgres(), chooseSwiftFolder()]);
};

async function chooseSwiftFolder() {
  if (process.env.KEDGE_TEST_SWIFT_DIR) return;
  globalThis.kedgeTestSwift = await mkdtemp(join(tmpdir(), 'kedge-swift-'));
  process.env.KEDGE_TEST_SWIFT_DIR = globalThis.kedgeTestSwift;
  // The server ends with this process also when it is interrupted and no tear-down happens.
  process.env.KEDGE_TEST_SWIFT_WITH = String(process.pid);
}

async function startPostgres() {
  if (process.env.KEDGE_TEST_PG_URL) return;
  const EmbeddedPostgres = loadEmbeddedPostgres();
  // Short, because a Unix socket's path may have 107 bytes; open to read, because the server may run as another user.
  const directory = await mkdtemp(join(tmpdir(), 'kedge-pg-'));
  await chmod(directory, 0o755);
  try {
    const server = await EmbeddedPostgres.start({ directory });
    process.env.KEDGE_TEST_PG_URL = server.url;
    globalThis.kedgeTestPostgres = { server, directory };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
