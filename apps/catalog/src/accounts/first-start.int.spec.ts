import { startCatalog } from '../testing/start-catalog.js';

it('the first start without a password for admin fails and says what to set', async () => {
  await expect(startCatalog('', { adminPassword: 'null' })).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('default_admin_password: No default admin password provided'),
  });
});
