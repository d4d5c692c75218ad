import { scryptSync } from 'node:crypto';
import { hashPassword, verifyPassword } from './password.js';

describe('passwords', () => {
  it('accepts the password and no other, with a salt of its own for every hash', async () => {
    const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(first).not.toBe(second);
    expect(first).not.toContain('correct');
    expect(await verifyPassword('correct horse', first)).toBe(true);
    expect(await verifyPassword('correct horse', second)).toBe(true);
    expect(await verifyPassword('Correct horse', first)).toBe(false);
    expect(await verifyPassword('', first)).toBe(false);
  });

  it('reads hashes made with another cost', async () => {
    const salt = Buffer.alloc(16, 7);
    const hash = scryptSync('foobar', salt, 32, { N: 1024, r: 8, p: 1 });
    const stored = `scrypt$1024$8$1$${salt.toString('base64url')}$${hash.toString('base64url')}`;
    expect(await verifyPassword('foobar', stored)).toBe(true);
    expect(await verifyPassword('foobaz', stored)).toBe(false);
  });

  it('treats composed and decomposed letters as the same password', async () => {
    expect(await verifyPassword('caf\u0065\u0301', await hashPassword('caf\u00e9'))).toBe(true);
  });

  it.each([
    '',
    'foobar',
    'scrypt$',
    `scrypt$3$8$1$${'A'.repeat(22)}$${'B'.repeat(43)}`,
    `scrypt$9999999$8$1$${'A'.repeat(22)}$${'B'.repeat(43)}`,
    `scrypt$1024$0$1$${'A'.repeat(22)}$${'B'.repeat(43)}`,
  ])('is never the password of %j', async (stored) => {
    expect(await verifyPassword('foobar', stored)).toBe(false);
    expect(await verifyPassword('', stored)).toBe(false);
  });
});
