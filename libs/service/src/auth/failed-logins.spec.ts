import { FailedLogins, MAX_FAILURES } from './failed-logins.js';

it('refuses a name that failed too often, and no other', async () => {
  const logins = new FailedLogins();
  for (let failure = 0; failure < MAX_FAILURES; failure += 1) {
    await logins.check('guessed');
    await logins.add('guessed');
  }
  await logins.add('guessed'); // one that was under way
  await expect(logins.check('guessed')).rejects.toMatchObject({
    status: 429,
    message: expect.stringMatching(/too many wrong passwords .* in \d+ seconds$/) as string,
  });
  await logins.check('other');
});
