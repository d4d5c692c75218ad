import { isLoopback, leadsInside, plainHttpAllowed, Transport } from './transport.js';

describe('plain HTTP', () => {
  it.each(['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(plainHttpAllowed(host, false)).toBe(true);
  });

  it.each(['r.example', '127.0.0.1.example', 'localhost.example', '10.0.0.1', '[2001:db8::1]'])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(plainHttpAllowed(host, false)).toBe(false);
    expect(plainHttpAllowed(host, true)).toBe(true);
  });

  it('is refused before anything is sent', async () => {
    const transport = new Transport({ verifyTls: true, allowPlainHttp: false, answerTimeoutMs: 1000 });
    await expect(transport.request(new URL('http://r.example/v2/'))).rejects.toMatchObject({ code: 'PLAIN_HTTP' });
    await expect(transport.request(new URL('file:///etc/passwd'))).rejects.toMatchObject({ code: 'PLAIN_HTTP' });
  });
});

describe('a redirect', () => {
  it.each<[string, string, boolean]>([
    ['r.example', 'http://127.0.0.1:8228/v1/system', true],
    ['r.example', 'https://localhost/', true],
    ['r.example', 'http://2130706433/', true], // 127.0.0.1 as one number
    ['r.example', 'http://[::ffff:127.0.0.1]/', true],
    ['r.example', 'http://0.0.0.0/', true],
    ['r.example', 'http://[::]/', true],
    ['r.example', 'http://169.254.169.254/latest/meta-data/', true],
    ['127.0.0.1', 'http://169.254.169.254/', true],
    ['r.example', 'http://[fe80::1]/', true],
    ['r.example', 'http://[::ffff:169.254.169.254]/', true],
    ['127.0.0.1', 'http://127.0.0.1:9000/', false],
    ['r.example', 'https://storage.example/blob', false],
    ['r.example', 'http://10.1.2.3:9000/blob', false],
    ['169.254.1.1', 'http://169.254.1.2/', false],
  ])('from %s to %s leads inside: %s', (from, to, inside) => {
    expect(leadsInside(from, new URL(to).hostname)).toBe(inside);
  });
});
