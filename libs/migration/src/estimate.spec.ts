import { likelyPace, type Pace } from './index.js';

const MiB = 1024 * 1024;
const pace = (objectsPerSecond: number, from: Pace['from']): Pace => ({
  objectsPerSecond,
  bytesPerSecond: objectsPerSecond * MiB,
  from,
});
const probed = pace(100, { probedObjects: 24, probedBytes: 24 * MiB });
const former = (objectsPerSecond: number): Pace => pace(objectsPerSecond, { migration: 7 });

it.each([
  ['a former run that was a little slower than the probe', former(60), probed, former(60)],
  ['a former run that was faster', former(400), probed, former(400)],
  ['the probe, when the former run took ten times longer because it stood still overnight', former(10), probed, probed],
  ['a former run, when nothing could be probed', former(10), undefined, former(10)],
  ['the probe, when there was no run', undefined, probed, probed],
  ['nothing, when nothing is known', undefined, undefined, undefined],
])('reckons with %s', (_name, run, probe, expected) => {
  expect(likelyPace(run, probe, 1000, 1000 * MiB)).toEqual(expected);
});
