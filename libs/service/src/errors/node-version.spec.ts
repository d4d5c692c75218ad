import { requireNodeVersion } from './node-version.js';

it.each(['22.15.0', '22.22.1', '23.0.0', '24.21.0', process.versions.node])('runs on Node.js %s', (version) => {
  expect(() => requireNodeVersion(version)).not.toThrow();
});

it.each(['18.20.0', '20.20.2', '22.14.9'])('refuses Node.js %s, and says what to do', (version) => {
  expect(() => requireNodeVersion(version)).toThrow(
    new RegExp(`needs Node.js 22.15 or newer, and this is ${version}; .*npx anchore-manager`),
  );
});
