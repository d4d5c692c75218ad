export interface Credentials {
  username: string;
  password: string;
}

/** User name and password of a Basic header (RFC 7617), or undefined. The password may contain colons. */
export function basicCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic +([a-z0-9+/_=-]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The token of a Bearer header (RFC 6750), or undefined. The old system's clients also write `JWT`. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^(?:bearer|jwt) +(\S+)$/i.exec(header ?? '')?.[1];
}
