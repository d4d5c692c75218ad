// Images for the policy bench, as inventories of layers: nothing is unpacked, and the documents that are indexed come from
// the same code that writes them in production.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../../apps/policy-engine/package.json', import.meta.url));

/** Whole numbers below `limit` that are the same in every run. */
function random(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x100000000) * limit);
  };
}

function digests(text) {
  const of = (algorithm) => createHash(algorithm).update(text).digest('hex');
  return { sha256: of('sha256'), sha1: of('sha1'), md5: of('md5') };
}

const file = (path, content, size) => ({
  ...{ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size, mtime: 1_700_000_000 },
  ...digests(content),
});
const directory = (path) => ({ path, type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 1_700_000_000 });

function layer(name, entries, kept) {
  const { EntryTable } = require('@kedge/analysis');
  return {
    ...{ version: 'bench', diffId: `sha256:${digests(name).sha256}`, inflatedBytes: 0 },
    ...{ entries: EntryTable.of(entries), whiteouts: [], opaqueDirs: [], facts: [], hits: [], warnings: [] },
    kept: [...kept].map(([path, text]) => ({ path, content: Buffer.from(text) })),
  };
}

const LANGUAGES =
  'ar bg ca cs da de el es eu fi fr gl he hr hu id it ja ko lt nb nl pl pt_BR ro ru sk sl sv tr uk vi zh_CN'.split(' ');

/** Paths of one Debian package: a few programs and libraries, documentation, manual pages, translations, data. */
function packagePaths(name, count, next) {
  const paths = [`usr/share/doc/${name}/changelog.Debian.gz`, `usr/share/doc/${name}/copyright`];
  for (let at = 2; at < count; at += 1) {
    const kind = next(20);
    if (kind === 0) paths.push(`usr/bin/${name}-${at}`);
    else if (kind < 4) paths.push(`usr/lib/x86_64-linux-gnu/lib${name}-${at}.so.${next(9)}.${next(20)}`);
    else if (kind < 7) paths.push(`usr/share/man/man${1 + next(8)}/${name}-topic-${at}.${1 + next(8)}.gz`);
    else if (kind < 10) paths.push(`usr/share/locale/${LANGUAGES[at % LANGUAGES.length]}/LC_MESSAGES/${name}-${at}.mo`);
    else if (kind < 14)
      paths.push(`usr/lib/python3/dist-packages/${name.replaceAll('-', '_')}/part_${at % 40}/module_${at}.py`);
    else paths.push(`usr/share/${name}/data/${['icons', 'themes', 'templates', 'schemas'][at % 4]}/item-${at}.xml`);
  }
  return paths;
}

/**
 * A root of about `files` files that packages own and some that none owns. `changed`: share of the packages that have
 * another version, of 100.
 */
export function syntheticRoot(files, { changed = 0 } = {}) {
  const entries = new Map();
  const kept = new Map();
  const status = [];
  let owned = 0;
  for (let number = 0; owned < files; number += 1) {
    const next = random(number + 7);
    const name = `${['lib', 'python3-', 'golang-', '', 'node-'][number % 5]}${['core', 'net', 'image', 'sound', 'text', 'data'][number % 6]}${number}`;
    const count = Math.min(files - owned, 3 + (next(10) === 0 ? next(700) : next(90)));
    const version = `${1 + next(9)}.${next(30)}.${next(10)}-${number % 100 < changed ? 'other' : '1'}`;
    const sums = packagePaths(name, count, next).map((path) => {
      const entry = file(`/${path}`, `${path} ${version}`, 200 + next(60_000));
      entries.set(entry.path, entry);
      return `${entry.md5}  ${path}\n`;
    });
    owned += sums.length;
    kept.set(`/var/lib/dpkg/info/${name}.md5sums`, sums.join(''));
    status.push(
      `Package: ${name}\nStatus: install ok installed\nInstalled-Size: ${count * 12}\nMaintainer: Somebody <somebody@example.org>\n` +
        `Architecture: amd64\nVersion: ${version}\nDescription: package ${number}\n`,
    );
  }
  kept.set('/var/lib/dpkg/status', status.join('\n'));
  kept.set('/etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
  for (const [path, text] of kept) entries.set(path, file(path, text, text.length));
  for (let number = 0; number < files / 20; number += 1) {
    const path = `/var/cache/application/${number % 50}/entry-${number}`;
    entries.set(path, file(path, path, number));
  }
  return layer(`root ${files} ${changed}`, withDirectories(entries), kept);
}

/** What an application adds to a base image: a few packages of its own language and their files. */
export function applicationLayer(number) {
  const entries = new Map();
  const kept = new Map();
  for (let part = 0; part < 5; part += 1) {
    for (let at = 0; at < 40; at += 1) {
      const path = `/srv/application/node_modules/part-${number}-${part}/lib/module-${at}.js`;
      entries.set(path, file(path, path, 500 + at));
    }
  }
  const facts = [0, 1, 2, 3, 4].map((part) => {
    const path = `/srv/application/node_modules/part-${number}-${part}/package.json`;
    entries.set(path, file(path, path, 300));
    const value = {
      name: `part-${number}-${part}`,
      version: `1.${number}.0`,
      lics: ['MIT'],
      origins: [],
      sourcepkg: '',
    };
    return { cataloger: 'npm', path, value };
  });
  return { ...layer(`application ${number}`, withDirectories(entries), kept), facts };
}

/** The root of the machine that the bench runs on, as far as dpkg knows it: every path it lists, as it is on the disk. */
export function debianRoot() {
  const info = '/var/lib/dpkg/info';
  const entries = new Map();
  const kept = new Map();
  const keep = (path) => kept.set(path, readFileSync(path));
  keep('/var/lib/dpkg/status');
  kept.set('/etc/os-release', readFileSync('/etc/os-release'));
  for (const name of readdirSync(info)) {
    if (!/\.(?:md5sums|conffiles|list)$/.test(name)) continue;
    keep(join(info, name));
    if (!name.endsWith('.list')) continue;
    for (const path of readFileSync(join(info, name), 'utf8').split('\n')) {
      if (path.startsWith('/') && path !== '/.' && !entries.has(path)) addPath(entries, path);
    }
  }
  for (const path of kept.keys()) addPath(entries, path);
  return layer('this machine', withDirectories(entries), kept);
}

function addPath(entries, path) {
  let stat;
  try {
    stat = lstatSync(path);
  } catch {
    return; // listed and not there, as in any slimmed image
  }
  const common = {
    path,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    mtime: Math.floor(stat.mtimeMs / 1000),
  };
  if (stat.isDirectory()) entries.set(path, { ...common, type: 'dir', size: 0 });
  else if (stat.isSymbolicLink())
    entries.set(path, { ...common, type: 'slink', size: 0, linkTarget: readlinkSync(path) });
  else if (stat.isFile())
    entries.set(path, { ...common, type: 'file', size: stat.size, ...digests(readFileSync(path)) });
}

/** The entries with the directories that they lie in, parents first. */
function withDirectories(entries) {
  const all = new Map(entries);
  for (const path of entries.keys()) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      if (all.has(parent)) break;
      all.set(parent, directory(parent));
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
