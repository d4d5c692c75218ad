import { Secret } from '@kedge/config';
import { openImageSource } from '../open-image.js';
import {
  buildLayout,
  makeCertificate,
  pushLayout,
  startRegistry,
  startTokenServer,
  temporaryDirectory,
} from '../testing/index.js';
import { RegistryClient, type RegistryOptions } from './registry-client.js';

const spec = { layers: [[{ name: 'a', content: 'A' }]] };
const closers: (() => Promise<void>)[] = [];
let directory: string;

beforeEach(async () => {
  const temporary = await temporaryDirectory();
  directory = temporary.path;
  closers.push(() => temporary.remove());
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function pull(host: string, options: RegistryOptions): Promise<string> {
  const source = openImageSource(`${host}/team/app:1`, { attempts: 1, ...options });
  try {
    const { digest, layers } = await source.resolve();
    for (const layer of layers) (await source.openBlob(layer)).resume();
    return digest;
  } finally {
    await source.close();
  }
}

describe('a registry that wants a login', () => {
  it('takes a user and password, and nothing else', async () => {
    const registry = await startRegistry({ auth: true });
    closers.push(() => registry.stop());
    const { credentials, host, url } = registry;
    const { digest } = await buildLayout(directory, spec);
    const password = credentials!.password.reveal();
    await pushLayout(directory, { url, username: credentials!.username, password }, 'team/app:1');

    expect(await pull(host, { credentials })).toBe(digest);
    const wrong = { username: credentials!.username, password: new Secret('not-the-password') };
    const refusal: unknown = await pull(host, { credentials: wrong }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('check the user, password'),
    });
    expect(String(refusal)).not.toContain('not-the-password');
    await expect(pull(host, {})).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('register a user and password'),
    });
    const client = new RegistryClient(host, { credentials: wrong, attempts: 1 });
    await expect(client.ping()).rejects.toMatchObject({ code: 'unauthorized' });
    client.close();
  });

  it('hands out bearer tokens, anonymous or for a login, for pulling this repository only', async () => {
    const files = await makeCertificate(directory);
    const tokens = await startTokenServer(files, { username: 'u', password: 'right' });
    closers.push(() => tokens.close());
    const registry = await startRegistry({ token: { realm: tokens.realm, cert: files.cert } });
    closers.push(() => registry.stop());
    const { digest } = await buildLayout(directory, spec);
    const scope = 'repository:team/app:pull,push';
    const answer = await fetch(`${tokens.realm}?scope=${scope}`);
    const { token } = (await answer.json()) as { token: string };
    await pushLayout(directory, { url: registry.url, authorization: `Bearer ${token}` }, 'team/app:1');
    tokens.requests.length = 0;

    expect(await pull(registry.host, {})).toBe(digest);
    // One token serves manifest, config and layers.
    expect(tokens.requests).toEqual([{ scope: 'repository:team/app:pull', user: '' }]);
    const credentials = { username: 'u', password: new Secret('right') };
    expect(await pull(registry.host, { credentials })).toBe(digest);
    expect(tokens.requests.at(-1)?.user).toBe('u');
    const wrong = { username: 'u', password: new Secret('wrong') };
    await expect(pull(registry.host, { credentials: wrong })).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('a registry with a certificate of its own', () => {
  it('is refused, and read when the user says so', async () => {
    const registry = await startRegistry({ tls: await makeCertificate(directory) });
    closers.push(() => registry.stop());
    await expect(pull(registry.host, {})).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('is not trusted'),
    });
    await expect(pull(registry.host, { verifyTls: false })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('team/app:1'),
    });
  });
});
