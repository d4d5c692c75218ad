/** What is wrong between this machine and a server. */
export interface NetworkFault {
  kind: 'tls' | 'unreachable' | 'timeout';
  /** One plain sentence without a full stop. */
  text: string;
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  EHOSTDOWN: 'the host is down',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  ECONNABORTED: 'the connection was closed',
  UND_ERR_SOCKET: 'the server closed the connection',
};

const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is the clock of this machine right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself and not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port; is it http instead of https?',
  EPROTO: 'it does not speak TLS on this port; is it http instead of https?',
};

/** Texts of OpenSSL, for wrappers that keep the message alone. */
const TLS_TEXTS: readonly [RegExp, string][] = [
  [/self[- ]signed certificate in/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self[- ]signed certificate/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/certificate has expired/i, 'CERT_HAS_EXPIRED'],
  [/unable to (verify the first|get (local )?issuer) certificate/i, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/does not match certificate/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/wrong version number|SSL routines/i, 'EPROTO'],
];

/**
 * Tells a failure of the network or of TLS from everything else, by the codes of Node.js, also inside `cause` and
 * AggregateError. Undefined when the error is of another kind.
 */
export function networkFault(error: unknown): NetworkFault | undefined {
  for (const one of unfolded(error)) {
    const { name, message = '' } = one as { name?: unknown; message?: string };
    const code = codeOf(one);
    if (code in TLS) return { kind: 'tls', text: TLS[code] ?? '' };
    if (/^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/.test(code)) {
      return { kind: 'tls', text: message || code };
    }
    if (code in UNREACHABLE) return { kind: 'unreachable', text: UNREACHABLE[code] ?? '' };
    if (code === 'ETIMEDOUT' || name === 'TimeoutError') return { kind: 'timeout', text: 'it did not answer in time' };
    if (/(^|: )(socket hang up|aborted)$/.test(message)) {
      return { kind: 'unreachable', text: 'the server closed the connection' };
    }
  }
  return undefined;
}

function codeOf(error: object): string {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (typeof code === 'string') return code;
  const [system] = /\b(E[A-Z]{3,}(_[A-Z]+)?)\b/.exec(message) ?? [];
  if (system !== undefined && (system in UNREACHABLE || system === 'ETIMEDOUT')) return system;
  return TLS_TEXTS.find(([text]) => text.test(message))?.[1] ?? '';
}

/** The error and what is inside it, outermost first, at most a few levels deep. */
function* unfolded(error: unknown, depth = 0): Generator<object> {
  if (error === null || typeof error !== 'object' || depth > 5) return;
  yield error;
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  yield* unfolded(cause, depth + 1);
  if (Array.isArray(errors)) for (const one of errors.slice(0, 5)) yield* unfolded(one, depth + 1);
}
