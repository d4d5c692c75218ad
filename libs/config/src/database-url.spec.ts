import { ConfigError, parseDatabaseUrl } from './index.js';

describe('database connect string', () => {
  it.each([
    ['postgresql://u:p@h:1/d', { user: 'u', host: 'h', port: 1, database: 'd', ssl: false }],
    ['postgres://h/d', { host: 'h', database: 'd' }],
    ['postgresql+psycopg2://u@h', { user: 'u', host: 'h' }],
    ['postgresql://u@/d?host=/run/pg', { user: 'u', host: '/run/pg', database: 'd' }],
    ['postgresql://h/d?sslmode=require', { ssl: true }],
    ['postgresql://h/d?sslmode=disable', { ssl: false }],
  ])('%s', (url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected);
  });

  it('decodes what a url escapes and hides the password', () => {
    const settings = parseDatabaseUrl('postgresql://a%40b:p%2Fw%3A@h/my%20db');
    expect(settings).toMatchObject({ user: 'a@b', database: 'my db' });
    expect(settings.password?.reveal()).toBe('p/w:');
    expect(JSON.stringify(settings)).not.toContain('p/w');
  });

  it.each([
    ['50%zz', '50%zz'],
    ['a%2', 'a%2'],
    ['%ff%41', '%ff%41'],
    ['%C3%A9%zz', 'é%zz'],
  ])('takes a %% that escapes nothing as it is: %s', (written, password) => {
    expect(parseDatabaseUrl(`postgresql://u:${written}@h/d`).password?.reveal()).toBe(password);
  });

  it.each(['mysql://u:hush@h/d', 'h:5432', 'postgresql://u:hu sh@h:port/d'])(
    'refuses %s without repeating it',
    (url) => {
      const refused = (): unknown => parseDatabaseUrl(url);
      expect(refused).toThrow(ConfigError);
      expect(refused).not.toThrow(/hush|hu sh/);
    },
  );
});
