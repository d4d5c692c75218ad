// What tools/bench/objects.mjs runs in processes of their own, so that peak memory is that of one driver or one floor:
// puts, gets and deletes of equal objects, a number of them at a time. The order is JSON in, the seconds are JSON out.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { peakRssMb } from './peak-rss.mjs';

const require = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const library = (name) => require(join(root, 'libs', name, 'dist/index.js'));

/** Incompressible bytes that differ for every number in their first four. */
function contents(bytes) {
  const piece = randomBytes(bytes);
  return (number) => {
    const copy = Buffer.from(piece);
    copy.writeUInt32BE(number, 0);
    return copy;
  };
}

/** Works on 0 to count-1, so many at a time; answers seconds. */
async function timed(count, concurrency, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  return (performance.now() - started) / 1000;
}

async function database(url, concurrency) {
  const { createDataSource, Sql } = library('database');
  const settings = library('config').parseDatabaseUrl(url);
  const dataSource = await createDataSource({ ...settings, poolSize: concurrency });
  return { sql: new Sql(dataSource), close: () => dataSource.destroy() };
}

/** A driver of Kedge as the object store uses it: streams in, streams out. */
async function driverSide({ driver: section, url, concurrency }) {
  const opened = url === undefined ? undefined : await database(url, concurrency);
  const { builtinDrivers } = require(join(root, 'libs/drivers/builtin/dist/index.js'));
  const driver = builtinDrivers().createDriver(section, opened ? { sql: opened.sql } : {});
  await driver.init();
  const uris = [];
  return {
    async put(number, bytes) {
      const key = `sha256:${createHash('sha256').update(String(number)).digest('hex')}`;
      const unique = randomBytes(16).toString('hex');
      const body = Readable.from([bytes], { objectMode: false });
      uris[number] = (await driver.put({ account: 'admin', bucket: 'analysis_data', key, unique }, body)).uri;
    },
    async get(number) {
      let length = 0;
      for await (const chunk of await driver.get(uris[number])) length += chunk.length;
      return length;
    },
    delete: (number) => driver.delete(uris[number]),
    async close() {
      await driver.close();
      await opened?.close();
    },
  };
}

/** One row an object in a plain table: parameterised INSERT, SELECT, DELETE by pg, as many connections as lanes. */
async function tableSide({ url, concurrency }) {
  const { sql, close } = await database(url, concurrency);
  await sql.query('CREATE TABLE IF NOT EXISTS bench_floor (key text PRIMARY KEY, data bytea NOT NULL)');
  await sql.query('ALTER TABLE bench_floor ALTER COLUMN data SET STORAGE EXTERNAL');
  return {
    put: (number, bytes) => sql.query('INSERT INTO bench_floor (key, data) VALUES ($1, $2)', [`k${number}`, bytes]),
    get: async (number) =>
      (await sql.query('SELECT data FROM bench_floor WHERE key = $1', [`k${number}`]))[0].data.length,
    delete: (number) => sql.query('DELETE FROM bench_floor WHERE key = $1', [`k${number}`]),
    close,
  };
}

/** A file an object: write, fsync, close; read; unlink. */
async function fileSide({ folder }) {
  await mkdir(folder, { recursive: true });
  const path = (number) => join(folder, `${number}.bin`);
  return {
    async put(number, bytes) {
      const file = await open(path(number), 'wx');
      await file.writeFile(bytes);
      await file.sync();
      await file.close();
    },
    get: async (number) => (await readFile(path(number))).length,
    delete: (number) => unlink(path(number)),
    close: async () => undefined,
  };
}

const order = JSON.parse(process.argv[2]);
const { bytes, count, concurrency } = order;
const side = await { driver: driverSide, table: tableSide, files: fileSide }[order.side](order);
const content = contents(bytes);
// One of each before the clock starts: connections, prepared code, loaded libraries.
const warm = count;
await side.put(warm, content(warm));
await side.get(warm);
await side.delete(warm);
const put = await timed(count, concurrency, (number) => side.put(number, content(number)));
const get = await timed(count, concurrency, async (number) => {
  const length = await side.get(number);
  if (length !== bytes) throw new Error(`got ${length} bytes of ${bytes}`);
});
const remove = await timed(count, concurrency, (number) => side.delete(number));
await side.close();
console.log(JSON.stringify({ put, get, delete: remove, peakRssMb: peakRssMb() }));
process.exit(0);
