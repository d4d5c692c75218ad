import { Authenticator } from './auth.js';
import { Transport } from './transport.js';

it('does not ask a token server on this machine for a registry elsewhere', async () => {
  const transport = new Transport({ verifyTls: true, allowPlainHttp: false, answerTimeoutMs: 1000 });
  const auth = new Authenticator(transport, 'r.example:5000', undefined);
  const challenge = 'Bearer realm="http://127.0.0.1:9/token",service="r.example"';
  await expect(auth.answer(challenge, 'repository:a/b:pull', { hostname: 'r.example' })).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringContaining('r.example leads to the internal address 127.0.0.1:9'),
  });
  transport.close();
});
