import type { Secret } from '@kedge/config';
import { ApiError, type ErrorDetail } from './api-error.js';

export interface JsonRequest {
  /** Who is called, for messages: `policy engine`. */
  peer: string;
  url: URL;
  token: Secret;
  /** From connecting to the last byte. */
  timeoutMs: number;
  /** Sent as JSON by POST; GET without. */
  body?: unknown;
}

/** An answer larger than this is refused: evaluations of huge images stay far below it. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * One call to another service; answers the JSON it sends.
 *
 * @throws ApiError what the other service says, with its status; 503 when it cannot be reached, 504 when it takes too
 * long, 502 when its answer is none. Messages name the peer, never its address.
 */
export async function requestJson<T>(request: JsonRequest): Promise<T> {
  const { peer } = request;
  const signal = AbortSignal.timeout(request.timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(request.url, {
      method: request.body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${request.token.reveal()}`,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: 'error',
      signal,
    });
    text = await readText(response);
  } catch (error) {
    if (error instanceof RangeError) throw new ApiError(502, `the answer of the ${peer} is too large`);
    if (signal.aborted) {
      throw new ApiError(504, `the ${peer} did not answer within ${request.timeoutMs / 1000} s`, undefined, error);
    }
    throw new ApiError(503, `the ${peer} cannot be reached; try again later`, undefined, error);
  }
  if (!response.ok) throw remoteError(peer, response.status, text);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new ApiError(502, `the ${peer} sent an answer that is no JSON`, undefined, error);
  }
}

/** @throws RangeError beyond the limit. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // fetch gives bytes, which its type does not say
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new RangeError('answer too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The error of the other service as our own: its message and detail when it speaks our form, or problem+json. */
function remoteError(peer: string, status: number, text: string): ApiError {
  if (status === 401) return new ApiError(502, `the ${peer} refuses our service token; do both use one database?`);
  let body: { message?: unknown; detail?: unknown } | undefined;
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    body = undefined; // a proxy's page or a cut answer: the status still says something
  }
  if (typeof body?.message === 'string') {
    return new ApiError(status, body.message, isDetail(body.detail) ? body.detail : undefined);
  }
  if (typeof body?.detail === 'string') return new ApiError(status, body.detail);
  return new ApiError(status, `the ${peer} answered with status ${status}`);
}

function isDetail(value: unknown): value is ErrorDetail {
  return typeof value === 'object' && !Array.isArray(value);
}
