import { ConfigError } from '@kedge/config';
import { DatabaseError } from '@kedge/database';
import { StorageError } from '@kedge/object-store';
import { CommanderError } from 'commander';
import { exitCodeFor } from './exit-code.js';
import { InterruptedError, UsageError } from './usage-error.js';

describe('exitCodeFor', () => {
  it.each([
    [2, new UsageError('which service?')],
    [2, new CommanderError(1, 'commander.unknownOption', 'unknown option')],
    [0, new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)')],
    [2, new ConfigError('c.yaml', [])],
    [2, new DatabaseError('unreachable', 'down')],
    [2, new StorageError('invalid_config', 'no bucket')],
    [5, new StorageError('access_denied', 'no')],
    [130, new StorageError('aborted', 'stopped')],
    [130, new InterruptedError()],
    [130, new DOMException('stopped', 'AbortError')],
    [1, new Error('anything')],
    [1, undefined],
  ])('is %i for %s', (code, error) => {
    expect(exitCodeFor(error)).toBe(code);
  });
});
