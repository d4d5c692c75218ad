/** Below this path lies the whole API. */
export const API_PREFIX = 'v1';

/**
 * `/images` and `/v1/images` are the same address (API spec 1.1): a request without the prefix gets it before it is
 * routed. Controllers know the prefixed form only.
 */
export function withApiPrefix(url: string | undefined): string {
  const path = url?.startsWith('/') ? url : `/${url ?? ''}`;
  return /^\/v1(?=[/?#]|$)/.test(path) ? path : `/${API_PREFIX}${path}`;
}
