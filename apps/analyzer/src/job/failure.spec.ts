import { AnalysisError } from '@kedge/analysis';
import { StorageError } from '@kedge/object-store';
import { ImageError } from '@kedge/registry';
import { AnalyzerError } from '../errors.js';
import { describeFailure } from './failure.js';

const broken = new ImageError('digest_mismatch', 'blob sha256:1 is damaged');

it.each([
  [broken, 'digest_mismatch', false],
  [new ImageError('unreachable', 'no answer'), 'unreachable', true],
  [new ImageError('unauthorized', 'no login'), 'unauthorized', false],
  [new AnalysisError('read_failed', 'layer: cannot read', broken), 'digest_mismatch', false],
  [new AnalysisError('read_failed', 'layer: cannot read', new Error('EIO')), 'unexpected', true],
  [new AnalysisError('inflated_bytes_limit', 'too much'), 'inflated_bytes_limit', false],
  [new AnalysisError('wall_time_limit', 'too long'), 'wall_time_limit', false],
  [new StorageError('unavailable', 'the store is down'), 'unavailable', true],
  [new StorageError('access_denied', 'the store refuses'), 'access_denied', false],
  [new AnalyzerError('thread_lost', 'gone'), 'thread_lost', true],
  [Object.assign(new Error('terminating connection'), { code: '57P01' }), 'unexpected', true],
])('%s', (error, code, retryable) => {
  const failure = describeFailure(error, 'docker.io/a:1');
  expect(failure).toMatchObject({ code, retryable });
  expect(failure.reason).toMatch(/^image docker\.io\/a:1: \S/);
});

it('keeps one line, and names the image once', () => {
  const { reason } = describeFailure(new Error('docker.io/a:1\n  has no layers'), 'docker.io/a:1');
  expect(reason).toBe('docker.io/a:1 has no layers');
  expect(describeFailure(new Error('x'.repeat(5000)), 'i').reason).toHaveLength(900);
});
