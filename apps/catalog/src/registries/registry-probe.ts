import { Secret } from '@kedge/config';
import { ImageError, RegistryClient } from '@kedge/registry';
import { ApiError } from '@kedge/service';
import { hostOf } from './registry-name.js';

export interface Login {
  registry: string;
  type: string;
  user: string;
  password: string;
  verifyTls: boolean;
}

const TIMEOUT_MS = 15_000;

/**
 * Proves that the registry answers and takes the login. A prefix without a whole host cannot be asked and passes.
 *
 * @throws ApiError 406 saying why it failed and how to do without.
 */
export async function probeRegistry(login: Login): Promise<void> {
  if (login.type === 'awsecr') {
    throw refused(`logins of type awsecr cannot be tried; store a token with type docker_v2`);
  }
  const host = hostOf(login.registry);
  if (host === undefined) return;
  const credentials = login.user ? { username: login.user, password: new Secret(login.password) } : undefined;
  const client = new RegistryClient(host, {
    verifyTls: login.verifyTls,
    answerTimeoutMs: TIMEOUT_MS,
    attempts: 1,
    ...(credentials && { credentials }),
  });
  try {
    await client.ping(AbortSignal.timeout(TIMEOUT_MS));
  } catch (error) {
    if (error instanceof ImageError) throw refused(error.message, error);
    throw error;
  } finally {
    client.close();
  }
}

function refused(reason: string, cause?: unknown): ApiError {
  return new ApiError(
    406,
    `cannot ping supplied registry with supplied credentials - ${reason}; validate=false stores it untried`,
    undefined,
    cause,
  );
}
