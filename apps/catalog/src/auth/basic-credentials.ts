import { Secret } from '@kedge/config';

export interface BasicCredentials {
  username: string;
  password: Secret;
}

/** Reads `Authorization: Basic <base64 of user:password>` (RFC 7617, UTF-8). Undefined when it is anything else. */
export function parseBasic(header: string | undefined): BasicCredentials | undefined {
  const match = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '');
  if (!match?.[1]) return undefined;
  const text = Buffer.from(match[1], 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 1 || text.includes('\0')) return undefined;
  return { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}
