import { codeOf, isTlsFault } from './http-failure.js';
import { plainHttpAllowed, type Transport } from './transport.js';

/**
 * Finds the address of a registry's API. TLS is tried first. Only where plain HTTP is allowed, and only when the host does
 * not answer in TLS, plain HTTP is used; a certificate that is not trusted never leads to plain HTTP.
 */
export async function findBase(
  transport: Transport,
  host: string,
  insecure: boolean,
  signal?: AbortSignal,
): Promise<URL> {
  const secure = new URL(`https://${host}/`);
  if (!plainHttpAllowed(secure.hostname, insecure)) return secure;
  try {
    const answer = await transport.request(new URL('/v2/', secure), { signal });
    answer.body.destroy();
    return secure;
  } catch (error) {
    if (!speaksNoTls(codeOf(error), secure)) throw error;
    return new URL(`http://${host}/`);
  }
}

/** Without a port, HTTPS and HTTP are two ports, so a refusal of the first says nothing about the second. */
function speaksNoTls(code: string, url: URL): boolean {
  return isTlsFault(code) || code === 'ECONNRESET' || (code === 'ECONNREFUSED' && url.port === '');
}
