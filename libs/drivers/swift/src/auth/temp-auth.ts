import type { HttpClient } from '../http.js';
import { badAnswer, refusedLogin } from './login-failure.js';
import type { Grant, Login } from './login.js';

/** The v1 login: TempAuth, and the same protocol elsewhere. Token and url come as headers. */
export async function tempAuth(http: HttpClient, login: Extract<Login, { kind: 'v1' }>): Promise<Grant> {
  const headers = { 'x-auth-user': login.user, 'x-auth-key': login.key.reveal() };
  const response = await http.send({ method: 'GET', url: login.url, headers });
  response.body.resume();
  if (response.status >= 300) throw refusedLogin(response.status, login.url, `user "${login.user}" and its key`);
  const token = response.headers['x-auth-token'] ?? response.headers['x-storage-token'];
  const storageUrl = login.storageUrl ?? response.headers['x-storage-url'];
  if (typeof token !== 'string' || typeof storageUrl !== 'string') {
    throw badAnswer(login.url, 'gave no token and storage url; is it the url of a v1 login, ending in /auth/v1.0?');
  }
  return { token, storageUrl: storageUrl.replace(/\/+$/, '') };
}
