import { Readable } from 'node:stream';
import { RateLimit } from './byte-budget.js';

it('a stream that would have to wait for hours ends when the operator stops the run', async () => {
  const stop = new AbortController();
  const limit = new RateLimit(1, stop.signal);
  const slowed = limit.slow(Readable.from([Buffer.alloc(1 << 20)]));
  const next = slowed.next();
  stop.abort();
  await expect(next).rejects.toMatchObject({ name: 'AbortError' });
});
