import { failureOutput, failureReason, isRetryable } from './failure-reason.js';

describe('failureReason', () => {
  it.each([
    [{ message: 'layer 3 is damaged' }, 'layer 3 is damaged'],
    [{ value: { message: 'job heartbeat timeout' } }, /killed or run out of memory/],
    [{ value: { message: 'job timed out' } }, /longer than its queue allows/],
    [{ message: 'handler execution exceeded 300s' }, /longer than its queue allows/],
    [null, 'failed without a reason'],
    [{ value: 7 }, 'failed without a reason'],
  ])('reads %j', (output, reason) => {
    expect(failureReason(output)).toMatch(reason);
  });
});

describe('failureOutput', () => {
  it('keeps one line and no stack', () => {
    expect(failureOutput(new Error('first\n  second'))).toEqual({ message: 'first second' });
    expect(failureOutput(new Error(''))).toEqual({ message: 'failed without a reason' });
    expect(failureOutput(new Error('x'.repeat(5000))).message).toHaveLength(1000);
  });
});

describe('isRetryable', () => {
  it('is false only for errors that say so', () => {
    expect(isRetryable(Object.assign(new Error('no such image'), { retryable: false }))).toBe(false);
    expect(isRetryable(new Error('anything'))).toBe(true);
    expect(isRetryable(undefined)).toBe(true);
  });
});
