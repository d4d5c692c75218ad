import { networkFault, StorageError, type StorageErrorCode } from '@kedge/object-store';
import { SwiftError } from './client.js';

/** What was tried. `text` completes "swift driver: ... failed", e.g. `writing swift://box/a`. */
export interface Attempt {
  action: 'write' | 'read' | 'delete' | 'list' | 'create';
  text: string;
  container: string;
  uri?: string;
}

export function isMissing(error: unknown): boolean {
  return error instanceof SwiftError && error.status === 404;
}

/** Any failure as a StorageError that says what was tried, why it failed and what to do. */
export function toStorageError(attempt: Attempt, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const [code, why] = error instanceof SwiftError ? explain(attempt, error) : explainOther(error);
  return new StorageError(code, `swift driver: ${attempt.text} failed: ${why}`, {
    driver: 'swift',
    ...(attempt.uri === undefined ? {} : { uri: attempt.uri }),
    cause: error,
  });
}

function explain({ action, container }: Attempt, error: SwiftError): [StorageErrorCode, string] {
  const { status, text, message, origin } = error;
  switch (status) {
    case 401:
      return [
        'access_denied',
        `${origin} does not accept the token, nor a new one; check that the login belongs to this account, or give another os_auth_token`,
      ];
    case 403:
      return [
        'access_denied',
        `${origin} answered 403: the login is known but may not ${action} in container "${container}"; grant it in the container's ACL or give the user a role on the project`,
      ];
    case 404:
      return ['not_found', 'there is no such content'];
    case 413:
      return /quota/i.test(text)
        ? ['no_space', `${message}; raise the quota`]
        : ['invalid_config', `${message}; the object is larger than the server takes, see segment_size and use_slo`];
    case 422:
      return ['integrity', `${message}; the bytes arrived damaged`];
    case 507:
      return ['no_space', message];
    default:
      return [status === 408 || status === 429 || status === 498 || status >= 500 ? 'unavailable' : 'unknown', message];
  }
}

function explainOther(error: unknown): [StorageErrorCode, string] {
  const { message, origin = 'the server' } = error as { message: string; origin?: string };
  const network = networkFault(error);
  if (network?.kind === 'tls') {
    return [
      'invalid_config',
      `TLS with ${origin}: ${network.text}; name the authority's certificates in os_cacert, or trust any server with insecure: true`,
    ];
  }
  if (network) return ['unavailable', `${origin} cannot be reached: ${network.text}; check url, network and proxy`];
  return ['unknown', message];
}
