/**
 * Why a migration could not be started or had to stop.
 *
 * - `locked`: another run holds the lock; the message says which;
 * - `services_running`: services were heard of a moment ago;
 * - `same_place`: source and destination are one place;
 * - `no_section`: the configuration lacks the section that was asked for;
 * - `unknown_migration`: no run has this number, or it cannot be rolled back;
 * - `connection_lost`: the database went away; the same command goes on where it stopped;
 * - `interrupted`: the operator stopped it; likewise;
 * - `gave_up`: too many objects in a row failed for the same reason.
 */
export type MigrationErrorCode =
  | 'locked'
  | 'services_running'
  | 'same_place'
  | 'no_section'
  | 'unknown_migration'
  | 'connection_lost'
  | 'interrupted'
  | 'gave_up';

/** A migration cannot run. The message names the way out and holds no secret. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';

  constructor(
    readonly code: MigrationErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Which side of a copy failed; part of the reason code in the journal (`source_not_found`, `destination_no_space`). */
export type Side = 'source' | 'destination';

/** An object could not be moved. `code` groups failures in the report; the message is one line. */
export class MoveFailure extends Error {
  override readonly name = 'MoveFailure';

  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
