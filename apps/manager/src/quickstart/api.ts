import type { Secret } from '@kedge/config';

const TIMEOUT_MS = 60_000;

/** The public API, as a user of it would call it. */
export class Api {
  constructor(
    private readonly baseUrl: string,
    private readonly password: Secret,
  ) {}

  /** @throws Error with the API's own message when it answers with another status than 2xx. */
  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const { status, value } = await this.send(method, path, body);
    if (status < 300) return value as T;
    throw new Error(`${method} /v1${path} answered ${status}: ${reasonOf(value)}`);
  }

  /** Status of a GET. */
  async status(path: string): Promise<number> {
    return (await this.send('GET', path)).status;
  }

  private async send(method: string, path: string, body?: unknown): Promise<{ status: number; value: unknown }> {
    const response = await fetch(`${this.baseUrl}/v1${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${this.password.reveal()}`).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    try {
      return { status: response.status, value: text === '' ? null : JSON.parse(text) };
    } catch {
      return { status: response.status, value: text };
    }
  }
}

/** What an error body says; registry failures say the particulars in their detail (api spec 4.1). */
function reasonOf(body: unknown): string {
  const { message, detail } = (body ?? {}) as { message?: string; detail?: { raw_exception_message?: string } | null };
  const particulars = detail?.raw_exception_message;
  if (message === undefined) return JSON.stringify(body);
  return particulars === undefined ? message : `${message}: ${particulars}`;
}
