import { isLoopback } from './internal-address.js';
import { plainHttpAllowed, Transport } from './transport.js';

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
