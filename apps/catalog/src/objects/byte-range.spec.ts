import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { parseRange, sliceStream } from './byte-range.js';

it.each([
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=5-', { start: 5, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=8-99', { start: 8, end: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-4', undefined],
  ['bytes=0-1,3-4', undefined],
  ['items=0-1', undefined],
  ['bytes=-', undefined],
  [undefined, undefined],
])('%s of ten bytes is %j', (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});

it.each([
  [0, 0, '0'],
  [0, 9, '0123456789'],
  [2, 4, '234'],
  [3, 5, '345'],
  [9, 9, '9'],
])('bytes %i to %i', async (start, end, expected) => {
  const source = Readable.from([Buffer.from('0123'), Buffer.from('45'), Buffer.from('6789')], { objectMode: false });
  expect((await buffer(sliceStream(source, { start, end }, 10))).toString()).toBe(expected);
  expect(source.destroyed).toBe(true);
});
