// Objects through each storage driver against the plain way to do the same, in the same run.
//   npm run bench -- objects [--size small|full] [--drivers db,localfs,s3,swift] [--rounds N]
// Put, get and delete of 1 KB, 100 KB and 5 MB, one and 16 at a time; the best of the rounds on both sides.
// Floors: db - parameterised INSERT, SELECT, DELETE on one row an object with pg; localfs - write + fsync, read, unlink;
// s3 and swift - `rclone copy` to and from the same server and `rclone delete`, with as many transfers.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rclone } from './rclone-program.mjs';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const library = (name) => require(join(root, 'libs', name, 'dist/index.js'));
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'small' },
    drivers: { type: 'string', default: 'db,localfs,s3,swift' },
    rounds: { type: 'string', default: '3' },
  },
});
const COUNTS = {
  small: {
    local: { '1KB': 1000, '100KB': 300, '5MB': 16 },
    remote: { '1KB': 100, '100KB': 64, '5MB': 16 },
  },
  full: {
    local: { '1KB': 5000, '100KB': 1500, '5MB': 80 },
    remote: { '1KB': 1000, '100KB': 400, '5MB': 48 },
  },
};
const BYTES = { '1KB': 1000, '100KB': 100_000, '5MB': 5_000_000 };

async function worker(order) {
  const child = spawn(process.execPath, [join(here, 'objects-worker.mjs'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`a worker of the bench ended with exit code ${code}`);
  return JSON.parse(output);
}

/** Copies `count` files there and back and deletes them with rclone; its start counts, since no copy goes without. */
function rcloneFloor({ remote, folder, bytes, count, concurrency }) {
  const [there, back] = [join(folder, 'there'), join(folder, 'back')];
  for (const one of [there, back]) {
    rmSync(one, { recursive: true, force: true });
    mkdirSync(one, { recursive: true });
  }
  for (let number = 0; number < count; number += 1) writeFileSync(join(there, `${number}.bin`), randomBytes(bytes));
  const target = `${remote}/floor-${randomBytes(4).toString('hex')}`;
  const at = ['--transfers', String(concurrency), '--checkers', String(concurrency)];
  return {
    put: rclone(['copy', ...at, there, target]),
    get: rclone(['copy', ...at, target, back]),
    delete: rclone(['delete', ...at, target]),
  };
}

/** Ends the Swift of this run; one that the caller named with KEDGE_TEST_SWIFT_DIR stays. */
function stopOwnSwift(folder) {
  const own = join(folder, 'swift');
  if (existsSync(own)) spawnSync('bash', [join(root, 'tools/servers/swift.sh'), 'stop', own]);
}

/** What each driver is measured with: its configuration and its floor. */
async function sides(folder, wanted) {
  const found = {};
  const closers = [];
  if (wanted.includes('db')) {
    const { EmbeddedPostgres, createDataSource, upgradeSchema } = library('database');
    const server = await EmbeddedPostgres.start({ directory: join(folder, 'pg') });
    closers.push(() => server.stop());
    const dataSource = await createDataSource(library('config').parseDatabaseUrl(server.url));
    await upgradeSchema(dataSource);
    await dataSource.destroy();
    found.db = {
      ours: { driver: { name: 'db', config: {} }, url: server.url },
      floor: (order) => worker({ ...order, side: 'table', url: server.url }),
    };
  }
  if (wanted.includes('localfs')) {
    found.localfs = {
      ours: { driver: { name: 'localfs', config: { archive_data_dir: join(folder, 'objects') } } },
      floor: (order) => worker({ ...order, side: 'files', folder: join(folder, 'files') }),
    };
  }
  if (wanted.includes('s3') || wanted.includes('swift')) {
    process.env.KEDGE_TEST_SWIFT_DIR ??= join(folder, 'swift');
    process.env.KEDGE_TEST_SWIFT_WITH ??= String(process.pid); // the server ends with this process
    const { swiftServer } = require(join(root, 'libs/object-store/dist/testing/index.js'));
    const { s3, authUrl, user, key } = await swiftServer();
    closers.push(() => stopOwnSwift(folder));
    const place = `bench-${process.pid}`;
    const remotes = {
      s3: `:s3,provider=Other,access_key_id="${s3.accessKey}",secret_access_key="${s3.secretKey}",endpoint="${s3.url}",region="${s3.region}":${place}`,
      swift: `:swift,auth="${authUrl}",user="${user}",key="${key}":${place}`,
    };
    const configs = {
      s3: {
        url: s3.url,
        region: s3.region,
        access_key: s3.accessKey,
        secret_key: s3.secretKey,
        bucket: place,
        create_bucket: true,
      },
      swift: { auth: authUrl, user, key, container: place, create_container: true },
    };
    for (const name of ['s3', 'swift'].filter((one) => wanted.includes(one))) {
      found[name] = {
        ours: { driver: { name, config: configs[name] } },
        floor: async (order) => rcloneFloor({ ...order, remote: remotes[name], folder: join(folder, 'rclone') }),
      };
    }
  }
  return { found, close: () => Promise.all(closers.map((close) => close())) };
}

async function main() {
  const counts = COUNTS[values.size];
  if (!counts) throw new Error(`--size is small or full, not ${values.size}`);
  const wanted = values.drivers.split(',');
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
  chmodSync(folder, 0o755); // PostgreSQL may run as another user
  const results = [];
  const round = (value, digits = 1000) => Math.round(value * digits) / digits;
  let close = async () => undefined;
  try {
    const made = await sides(folder, wanted);
    ({ close } = made);
    for (const name of wanted) {
      const { ours, floor } = made.found[name] ?? {};
      if (!ours) throw new Error(`no driver ${name} in this bench`);
      const kind = name === 's3' || name === 'swift' ? 'remote' : 'local';
      for (const [label, count] of Object.entries(counts[kind])) {
        for (const concurrency of [1, 16]) {
          const order = { bytes: BYTES[label], count, concurrency };
          const runs = [];
          for (let n = 0; n < rounds; n += 1) {
            runs.push({ ours: await worker({ ...order, ...ours, side: 'driver' }), floor: await floor(order) });
          }
          for (const operation of ['put', 'get', 'delete']) {
            const seconds = Math.min(...runs.map((run) => run.ours[operation]));
            const floorSeconds = Math.min(...runs.map((run) => run.floor[operation]));
            const result = {
              name: `${name} ${operation} ${label} c${concurrency}`,
              seconds: round(seconds),
              floor_seconds: round(floorSeconds),
              ratio: round(seconds / floorSeconds, 100),
              peak_rss_mb: Math.round(Math.max(...runs.map((run) => run.ours.peakRssMb))),
              objects: count,
              bytes: count * BYTES[label],
              objects_per_s: round(count / seconds, 10),
            };
            results.push(result);
            console.log(
              `  ${result.name.padEnd(26)} ${String(count).padStart(5)} objects  ${seconds.toFixed(3)} s  ${String(result.objects_per_s).padStart(8)}/s  floor ${floorSeconds.toFixed(3)} s  ratio ${result.ratio.toFixed(2)}  peak ${result.peak_rss_mb} MB`,
            );
          }
        }
      }
    }
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(JSON.stringify({ bench: 'objects', results }));
}

await main();
