import { ImageError } from '../image-source.js';
import { TransportError } from './transport-error.js';
import type { HttpAnswer } from './transport.js';

/** Turns what went wrong while talking to a registry into an {@link ImageError}; ImageErrors pass through. */
export function connectionFailure(error: unknown, what: string, host: string): ImageError {
  if (error instanceof ImageError) return error;
  const code = codeOf(error);
  if (code === 'ABORT_ERR') return new ImageError('aborted', `reading ${what} was aborted`, error);
  if (code === 'PLAIN_HTTP') {
    return new ImageError(
      'not_supported',
      `registry ${host} leads to plain HTTP, which is only used on loopback; serve it over TLS, or register it with ` +
        'certificate verification off',
      error,
    );
  }
  if (code === 'TOO_MANY_REDIRECTS' || code === 'BAD_URL' || code === 'INTERNAL_ADDRESS') {
    return new ImageError('not_supported', `cannot read ${what}: ${(error as Error).message}`, error);
  }
  if (isCertificateFault(code)) {
    return new ImageError(
      'not_supported',
      `the certificate of registry ${host} is not trusted (${code}); add its authority with NODE_EXTRA_CA_CERTS, or ` +
        'register the registry with certificate verification off',
      error,
    );
  }
  if (isTlsFault(code)) {
    return new ImageError(
      'not_supported',
      `registry ${host} does not speak TLS (${code}); serve it over TLS, or register it with certificate verification off`,
      error,
    );
  }
  const reason = error instanceof TransportError ? error.message : code || 'connection failed';
  return new ImageError(
    'unreachable',
    `cannot reach registry ${host} for ${what} (${reason}); check the name, port, network and proxy`,
    error,
  );
}

/** Turns an answer that is not a success into an {@link ImageError}. */
export function answerFailure({ status }: HttpAnswer, what: string, host: string, withLogin: boolean): ImageError {
  if (status === 401 || status === 403) {
    const remedy = withLogin
      ? 'check the user, password and rights registered for it'
      : 'register a user and password for it';
    return new ImageError(
      'unauthorized',
      `registry ${host} refuses access to ${what} (HTTP ${status}): it does not exist or needs a login; ${remedy}`,
    );
  }
  if (status === 404) {
    return new ImageError('not_found', `${what} does not exist at registry ${host}; check the repository and tag`);
  }
  if (status === 429) {
    return new ImageError('unreachable', `registry ${host} limits our rate (HTTP 429) on ${what}; log in or try later`);
  }
  if (status >= 500) {
    return new ImageError('unreachable', `registry ${host} is in trouble (HTTP ${status}) on ${what}; try later`);
  }
  return new ImageError('not_supported', `registry ${host} answered HTTP ${status} for ${what}; is it a registry?`);
}

/** The `code` of a Node error; that of the first cause when several addresses were tried; empty when there is none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return 'ABORT_ERR';
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

export function isCertificateFault(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_/.test(code);
}

/** The other side did not answer in TLS. */
export function isTlsFault(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}
