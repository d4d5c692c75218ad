import { z } from 'zod';
import { readAll } from '../blob/read-all.js';
import type { Credentials } from '../credentials.js';
import { ImageError } from '../image-source.js';
import { parseJson } from '../manifest/image-config.js';
import { parseChallenges, type Challenge } from './challenge.js';
import { answerFailure, connectionFailure } from './http-failure.js';
import type { Sender } from './internal-address.js';
import type { Transport } from './transport.js';

const MAX_TOKEN_ANSWER_BYTES = 256 * 1024;
/** Life of a token whose server does not say; the distribution specification's minimum. */
const DEFAULT_TOKEN_SECONDS = 60;

const tokenSchema = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().nullish(),
});

/**
 * Answers a registry's authentication challenges: Basic with the credentials, Bearer by asking the token server that the
 * challenge names (Docker Registry v2 token authentication; anonymous without credentials). Tokens are kept per scope
 * until shortly before they expire.
 */
export class Authenticator {
  readonly #tokens = new Map<string, { header: string; expires: number }>();
  #basic = false;

  constructor(
    private readonly transport: Transport,
    private readonly host: string,
    private readonly credentials: Credentials | undefined,
  ) {}

  get hasLogin(): boolean {
    return this.credentials !== undefined;
  }

  /** Authorization header for a scope, once a challenge was answered. */
  header(scope: string): string | undefined {
    if (this.#basic) return this.#basicHeader();
    const token = this.#tokens.get(scope);
    return token && token.expires > Date.now() ? token.header : undefined;
  }

  /**
   * Prepares {@link header} for the next try of a request that was answered with 401.
   *
   * @param from who sent the challenge; a token server inside is not asked for a registry elsewhere
   * @returns false when the challenge asks for nothing that can be given.
   * @throws ImageError `unauthorized` when the token server refuses the login, `unreachable`.
   */
  async answer(wwwAuthenticate: string, scope: string, from: Sender, signal?: AbortSignal): Promise<boolean> {
    const challenges = parseChallenges(wwwAuthenticate);
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters['realm']);
    if (bearer) {
      await this.#fetchToken(bearer, scope, from, signal);
      return true;
    }
    if (challenges.some(({ scheme }) => scheme === 'basic') && this.credentials && !this.#basic) {
      this.#basic = true;
      return true;
    }
    return false;
  }

  async #fetchToken({ parameters }: Challenge, scope: string, from: Sender, signal?: AbortSignal): Promise<void> {
    const what = `a token of registry ${this.host}`;
    const { realm = '', service } = parameters;
    if (!URL.canParse(realm)) {
      throw new ImageError('not_supported', `registry ${this.host} names a token server that is not a URL`);
    }
    const url = new URL(realm);
    if (service) url.searchParams.set('service', service);
    // The scope we need, not the challenge's: some registries ask for more than pull there.
    if (scope) url.searchParams.set('scope', scope);
    const login = this.#basicHeader();
    try {
      const headers = login ? { authorization: login } : undefined;
      const answer = await this.transport.request(url, { headers, from, signal });
      if (answer.status !== 200) {
        answer.body.destroy();
        throw answerFailure(answer, what, url.host, this.hasLogin);
      }
      const body = await readAll(answer.body, MAX_TOKEN_ANSWER_BYTES, what);
      const parsed = tokenSchema.safeParse(parseJson(body, what));
      const token = parsed.data?.token || parsed.data?.access_token;
      if (!token) throw new ImageError('not_supported', `token server ${url.host} answered without a token`);
      const seconds = Math.max(parsed.data?.expires_in ?? DEFAULT_TOKEN_SECONDS, DEFAULT_TOKEN_SECONDS);
      this.#tokens.set(scope, { header: `Bearer ${token}`, expires: Date.now() + seconds * 900 });
    } catch (error) {
      throw connectionFailure(error, what, url.host);
    }
  }

  #basicHeader(): string | undefined {
    if (!this.credentials) return undefined;
    const { username, password } = this.credentials;
    return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
  }
}
