import { HttpException, UnauthorizedException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { ZodError } from 'zod';
import { toApiError } from './api-errors.js';
import { validationDetail } from './validation-detail.js';

/** A complete HTTP answer to a failed request. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON text, except for 401. */
  body: string;
  /** The error is not in any table: its details belong into the log, none into the answer. */
  unexpected: boolean;
}

export interface FailedRequest {
  id: string;
  body?: unknown;
  query?: unknown;
  params?: unknown;
}

export const CHALLENGE = 'basic realm="Authentication required"';

/**
 * The answer to a request that ended with this error (API spec 1.3 and 1.4):
 *
 * - `ApiError` and the errors of Kedge's libraries: `{"message", "httpcode", "detail"}`;
 * - `UnauthorizedException`: the bare text `Unauthorized` with the challenge that clients wait for;
 * - Nest's other exceptions, schema faults, faults of the HTTP server, and everything unexpected: problem+json.
 */
export function answerError(error: unknown, request: FailedRequest): ErrorAnswer {
  if (error instanceof UnauthorizedException) {
    return {
      status: 401,
      headers: { 'content-type': 'text/html; charset=utf-8', 'www-authenticate': CHALLENGE },
      body: 'Unauthorized',
      unexpected: false,
    };
  }
  const apiError = toApiError(error);
  if (apiError) {
    const { status, message, detail } = apiError;
    return {
      status,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ message, httpcode: status, detail }),
      unexpected: false,
    };
  }
  const issues = schemaIssues(error);
  if (issues) return problem(400, validationDetail(issues, [request.body, request.query, request.params]));
  if (error instanceof HttpException && error.getStatus() < 500) return problem(error.getStatus(), error.message);
  const status = error instanceof HttpException ? error.getStatus() : 500;
  const detail = `The service met an error it did not expect; its log has more under request id ${request.id}`;
  return { ...problem(status, detail), unexpected: true };
}

/** problem+json (RFC 9457) as the old system's framework wrote it. */
export function problem(status: number, detail: string, headers: Record<string, string> = {}): ErrorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }),
    unexpected: false,
  };
}

/** Issues of a request that does not fit its schema; thrown by zod itself or by the pipe of nestjs-zod. */
function schemaIssues(error: unknown): ZodError['issues'] | undefined {
  if (error instanceof ZodError) return error.issues;
  if (!(error instanceof HttpException) || error.getStatus() !== 400) return undefined;
  const inner = (error as { getZodError?: () => unknown }).getZodError?.();
  return inner instanceof ZodError ? inner.issues : undefined;
}
