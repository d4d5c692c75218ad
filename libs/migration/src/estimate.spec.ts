import { likelyPace, secondsAt, type Pace } from './index.js';

const MiB = 1024 * 1024;
const pace = (objectsPerSecond: number, from: Pace['from']): Pace => ({
  objectsPerSecond,
  bytesPerSecond: objectsPerSecond * MiB,
  from,
});
const probed = pace(100, { probedObjects: 24, probedBytes: 24 * MiB });
const former = (objectsPerSecond: number, certain = false): Pace => pace(objectsPerSecond, { migration: 7, certain });

it.each([
  ['a former run that was a little slower than the probe', former(60), probed, former(60)],
  ['a former run that was faster', former(400), probed, former(400)],
  ['the probe, when the former run took ten times longer because it stood still overnight', former(10), probed, probed],
  ['a former run that took ten times longer and was at work all the time', former(10, true), probed, former(10, true)],
  ['a former run, when nothing could be probed', former(10), undefined, former(10)],
  ['the probe, when there was no run', undefined, probed, probed],
  ['nothing, when nothing is known', undefined, undefined, undefined],
])('reckons with %s', (_name, run, probe, expected) => {
  expect(likelyPace(run, probe, 1000, 1000 * MiB)).toEqual(expected);
});

it('keeps to a limit of bytes a second', () => {
  expect(secondsAt(probed, 1000, 1000 * MiB)).toBe(10);
  expect(secondsAt(probed, 1000, 1000 * MiB, MiB)).toBe(1000);
  expect(secondsAt(probed, 1000, 1000 * MiB, 1000 * MiB)).toBe(10);
});
