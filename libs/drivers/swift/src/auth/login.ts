import type { Secret } from '@kedge/object-store';

/** A name or an id; of Keystone's users, projects and domains. */
export type Reference = { id: string } | { name: string };

/** How to pick the endpoint from Keystone's catalog. */
export interface EndpointChoice {
  serviceType: string;
  /** `public`, `internal` or `admin`. */
  interface: string;
  region: string | undefined;
}

interface KeystoneLogin {
  /** Without version and slash at the end. */
  url: string;
  endpoint: EndpointChoice;
  /** Instead of the catalog's. */
  storageUrl: string | undefined;
}

/** One of the ways to get a token. */
export type Login =
  | { kind: 'v1'; url: string; user: string; key: Secret; storageUrl: string | undefined }
  | (KeystoneLogin & { kind: 'v2'; username: string; password: Secret; tenant: Reference })
  | (KeystoneLogin & {
      kind: 'v3';
      user: Reference & { domain?: Reference };
      password: Secret;
      project: Reference & { domain?: Reference };
    })
  | (KeystoneLogin & { kind: 'application'; id: string; secret: Secret })
  | { kind: 'token'; token: Secret; storageUrl: string };

/** What a login gives: a token and where to use it. */
export interface Grant {
  token: string;
  /** Of the account, without a slash at the end. */
  storageUrl: string;
}
