import { StorageError } from '@kedge/object-store';

/** A login that was answered, but with another status than success. `who` names the login without its secret. */
export function refusedLogin(status: number, url: string, who: string): StorageError {
  const said = `swift driver: login at ${url} answered ${status}`;
  const failure = (code: 'access_denied' | 'invalid_config' | 'unavailable', why: string) =>
    new StorageError(code, `${said}: ${why}`, { driver: 'swift' });
  if (status === 401 || status === 403) return failure('access_denied', `${who} are refused; correct them`);
  if (status === 429 || status >= 500) return failure('unavailable', 'the login service is out of order');
  if (status === 400)
    return failure('invalid_config', `${who} were not understood; check auth_version, names and domains`);
  return failure('invalid_config', 'there is no login of this kind; correct its url and auth_version');
}

/** A login whose answer makes no sense. */
export function badAnswer(url: string, why: string): StorageError {
  return new StorageError('invalid_config', `swift driver: login at ${url} ${why}`, { driver: 'swift' });
}
