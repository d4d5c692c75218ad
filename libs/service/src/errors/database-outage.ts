/** SQLSTATE classes and codes: connection lost, too many connections, server starting or stopping. */
const SQLSTATES = /^(08...|53300|57P0[123])$/;
/** ENOENT: there is no socket where a local server would listen. */
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOENT']);
const SOCKET_CALLS = new Set(['connect', 'read', 'write']);
/** What `pg` and its pool throw without a code. */
const MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/;

/** True for errors of `pg` and TypeORM that mean "the server cannot be reached now", not "the statement is wrong". */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { driverError } = error as { driverError?: unknown };
  if (driverError !== undefined && driverError !== error) return isDatabaseOutage(driverError);
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof code === 'string')
    return SQLSTATES.test(code) || (SOCKET_CODES.has(code) && SOCKET_CALLS.has(String(syscall)));
  return MESSAGES.test(error.message);
}
