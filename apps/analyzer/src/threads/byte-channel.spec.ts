import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MessageChannel } from 'node:worker_threads';
import { receiveBytes, sendBytes } from './byte-channel.js';

const MiB = 1024 * 1024;

it('carries bytes and text of any length and piece size, and keeps few on the way', async () => {
  const { port1, port2 } = new MessageChannel();
  const content = randomBytes(10 * MiB + 7);
  let read = 0;
  function* source() {
    yield 'text: ü';
    for (let at = 0; at < content.length; at += 100_003) {
      read = at;
      yield content.subarray(at, at + 100_003);
    }
  }
  const received = receiveBytes(port2);
  const sent = sendBytes(port1, Readable.from(source()));
  const [first] = (await received.iterator({ destroyOnReturn: false }).next()).value as Buffer;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(read).toBeLessThan(6 * MiB); // the receiver has taken one piece
  const rest = await buffer(received);
  expect(first).toBe('t'.charCodeAt(0));
  expect(await sent).toBe(content.length + 8);
  expect(rest.subarray(-1000).equals(content.subarray(-1000))).toBe(true);
});

it("passes the source's error on to both sides", async () => {
  const { port1, port2 } = new MessageChannel();
  const source = new Readable({ read: () => undefined });
  const received = buffer(receiveBytes(port2));
  const sent = sendBytes(port1, source);
  source.destroy(new Error('digest is wrong'));
  await expect(sent).rejects.toThrow('digest is wrong');
  await expect(received).rejects.toThrow('digest is wrong');
});

it('reads the source to its end when the receiver has gone', async () => {
  const { port1, port2 } = new MessageChannel();
  let ended = false;
  function* source() {
    for (let i = 0; i < 20; i += 1) yield Buffer.alloc(MiB);
    ended = true;
  }
  receiveBytes(port2).destroy();
  expect(await sendBytes(port1, Readable.from(source()))).toBe(20 * MiB);
  expect(ended).toBe(true);
});

it('tells the receiver that the sender has gone', async () => {
  const { port1, port2 } = new MessageChannel();
  const received = buffer(receiveBytes(port2));
  port1.close();
  await expect(received).rejects.toThrow(/ended before the stream/);
});
