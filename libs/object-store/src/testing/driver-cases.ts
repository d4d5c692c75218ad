import type { DriverCase } from './driver-harness.js';
import { interruptionCases } from './interruption-cases.js';
import { placeCases } from './place-cases.js';
import { roundTripCases } from './round-trip-cases.js';

/** What every storage driver must do, as plain data: run it under any test runner or against an operator's real store. */
export const driverCases: DriverCase[] = [
  {
    name: 'initialises twice',
    async run({ driver }) {
      await driver.init();
      await driver.init();
    },
  },
  ...roundTripCases,
  ...interruptionCases,
  ...placeCases,
];
