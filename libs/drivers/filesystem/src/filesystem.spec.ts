import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { FilesystemDriver } from './filesystem-driver.js';
import { kedgeDriver } from './index.js';
import { pathInside, pathOf } from './layout.js';
import { toStorageError } from './failure.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kedge-localfs-'));
});
afterEach(() => rm(directory, { recursive: true }));

const at = { account: 'admin', bucket: 'analysis_data', key: 'sha256:0', unique: 'u1' };

it('lays files out like the old system, with a unique part', () => {
  expect(pathOf('/data', at)).toBe(
    '/data/21232f297a57a5a743894a0e4a801fc3/analysis_data/fa/fae48bc2af6190ddc4f3c54cea0e3ecd.u1.json',
  );
});

it.each(['..', '.', '../../x', '/etc', 'a\\b', '.hidden', '*'])('keeps bucket %j one path segment', (bucket) => {
  const path = pathOf('/data', { ...at, bucket });
  const segments = path.split('/').slice(1);
  expect(segments).toHaveLength(5);
  expect(segments[2]).not.toMatch(/^\.|[\\/*]/);
});

it.each(['../x', 'a/b', '', 'x'.repeat(65)])('refuses unique part %j', (unique) => {
  expect(() => pathOf('/data', { ...at, unique })).toThrow(expect.objectContaining({ code: 'invalid_key' }));
});

it('refuses uris outside of its directory', async () => {
  const driver = new FilesystemDriver(directory);
  await driver.init();
  for (const uri of [
    'file:///etc/passwd',
    `file://${directory}/../other/file.json`,
    `file://${directory}/%2e%2e/other/file.json`,
    `file://${directory}/.kedge-tmp/x.part`,
    `file://${directory}-2/x.json`,
    `file://host${directory}/x.json`,
    'file:///a%2Fb',
  ]) {
    expect(pathInside(directory, uri)).toBeUndefined();
    expect(driver.owns(uri)).toBe(false);
    await expect(driver.get(uri)).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(driver.delete(uri)).rejects.toMatchObject({ code: 'invalid_config' });
  }
});

it('demands a directory of its own and names what is in the way', async () => {
  await writeFile(join(directory, 'notes.txt'), 'mine');
  await expect(new FilesystemDriver(directory).init()).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining('notes.txt') as unknown,
  });
});

it('accepts a directory of the old system', async () => {
  await mkdir(join(directory, '21232f297a57a5a743894a0e4a801fc3'));
  await new FilesystemDriver(directory).init();
});

it('does not list uploads that are not finished, and clears them away after a day', async () => {
  const driver = new FilesystemDriver(directory);
  await driver.init();
  await driver.put(at, Readable.from([Buffer.from('x')]));
  const temporary = join(directory, '.kedge-tmp');
  await writeFile(join(temporary, 'old.part'), 'x');
  await writeFile(join(temporary, 'new.part'), 'x');
  await utimes(join(temporary, 'old.part'), new Date(0), new Date(0));
  await driver.init();
  expect(await readdir(temporary)).toEqual(['new.part']);
  const listed: string[] = [];
  for await (const { uri } of driver.list()) listed.push(uri);
  expect(listed).toEqual([`file://${pathOf(directory, at)}`]);
});

it('says that a file cannot be a directory of objects', async () => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  await chmod(file, 0o600);
  await expect(new FilesystemDriver(file).init()).rejects.toMatchObject({ code: 'invalid_config' });
});

it('does not try for ever where no directory can be made', async () => {
  await expect(new FilesystemDriver('/proc/kedge/objects').init()).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining('/proc/kedge'),
  });
});

it('tells a full disk from missing rights', () => {
  const failed = (code: string) => toStorageError('writing', Object.assign(new Error(code), { code })).code;
  expect(['ENOSPC', 'EFBIG', 'EACCES', 'EROFS', 'EMFILE'].map(failed)).toEqual([
    'no_space',
    'no_space',
    'access_denied',
    'access_denied',
    'unavailable',
  ]);
});

it('knows a used up quota, for which Node has no name', () => {
  const message = getSystemErrorName(-constants.errno.EDQUOT);
  const error = Object.assign(new Error(message), { code: message, errno: -constants.errno.EDQUOT });
  expect(toStorageError('writing', error)).toMatchObject({
    code: 'no_space',
    message: expect.stringMatching(/EDQUOT: the disk quota .* is used up/),
  });
});

it('wants an absolute archive_data_dir', () => {
  expect(() => kedgeDriver.configSchema.parse({})).toThrow(/archive_data_dir/);
  expect(() => kedgeDriver.configSchema.parse({ archive_data_dir: 'data' })).toThrow(/absolute/);
  expect(kedgeDriver.configSchema.parse({ archive_data_dir: '/data' })).toEqual({ archive_data_dir: '/data' });
});
