import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { PartReader, sendParts } from './parts.js';
import { bytesOf, failing, noise, pieces } from './testing/content.js';

it.each([0, 1, 9, 10])('gives %i bytes as a whole when a part takes 10', async (length) => {
  expect(await new PartReader(pieces(noise(length), 3), 10).whole()).toEqual(noise(length));
});

it.each([11, 20, 29, 30, 31, 1000])(
  'cuts %i bytes into parts of 10, whatever the pieces, and keeps their order',
  async (length) => {
    for (const size of [1, 7, 10, 64]) {
      const reader = new PartReader(pieces(noise(length), size), 10);
      expect(await reader.whole()).toBeUndefined();
      const parts = await sendParts(reader, { atOnce: 3 }, async (bytes, number) => {
        const copy = Buffer.from(bytes);
        for (let n = number % 3; n > 0; n--) await turn();
        return copy;
      });
      expect(Buffer.concat(parts)).toEqual(noise(length));
      expect(parts.slice(0, -1).every((part) => part.length === 10)).toBe(true);
    }
  },
);

it('never has more parts on the way than it may, nor more buffers than one more', async () => {
  const buffers = new Set<ArrayBufferLike>();
  let running = 0;
  let most = 0;
  await sendParts(new PartReader(pieces(noise(500), 64), 10), { atOnce: 4 }, async (bytes) => {
    buffers.add(bytes.buffer);
    most = Math.max(most, ++running);
    await turn();
    running--;
  });
  expect(most).toBe(4);
  expect(buffers.size).toBeLessThanOrEqual(5);
});

it('stops the other parts and the body when one fails, and throws that failure', async () => {
  const body = new PassThrough();
  body.write(noise(25)); // and no end: only destroying the body ends waiting for it
  const stopped: unknown[] = [];
  const work = sendParts(new PartReader(body, 10), { atOnce: 2 }, async (_, number, signal) => {
    if (number === 2) throw new Error('part 2 failed');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    stopped.push(number);
  });
  await expect(work).rejects.toThrow('part 2 failed');
  expect(stopped).toEqual([1]);
  expect(body.destroyed).toBe(true);
});

it('throws the error of the body after the parts on the way have ended', async () => {
  let ended = 0;
  const work = sendParts(
    new PartReader(failing(200_000, new Error('the source broke')), 65_536),
    { atOnce: 9 },
    async () => {
      await turn();
      ended++;
    },
  );
  await expect(work).rejects.toThrow('the source broke');
  expect(ended).toBe(3);
  await expect(new PartReader(failing(0, new Error('at once')), 10).whole()).rejects.toThrow('at once');
});

it('takes text as UTF-8', async () => {
  const reader = new PartReader(Readable.from(['ü', 'x']), 10);
  expect(String(await reader.whole())).toBe('üx');
  expect(await bytesOf(Readable.from([]))).toHaveLength(0);
});
