import { strict as assert } from 'node:assert';
import type { ConformanceCase } from './content.js';
import { all } from './content.js';
import { driverCases } from './driver-cases.js';
import type { DriverHarness } from './driver-harness.js';
import { objectStoreCases } from './object-store-cases.js';
import type { ObjectStoreHarness } from './object-store-harness.js';

/** A harness with what takes it down again. */
export type Made<H> = H & { teardown?: () => Promise<void> };

/** Runs the driver suite under Jest against one driver, which must be empty at the start and is so at the end. */
export function describeDriver(name: string, make: () => Promise<Made<DriverHarness>>): void {
  describeCases(`driver ${name}`, driverCases, make);
}

/** Runs the object store's suite under Jest on one driver. */
export function describeObjectStore(name: string, make: () => Promise<Made<ObjectStoreHarness>>): void {
  describeCases(`object store on ${name}`, objectStoreCases, make);
}

function describeCases<H extends { driver: DriverHarness['driver'] }>(
  name: string,
  cases: ConformanceCase<H>[],
  make: () => Promise<Made<H>>,
): void {
  describe(name, () => {
    let harness: Made<H>;
    beforeAll(async () => {
      harness = await make();
    });
    afterAll(async () => {
      await harness.driver.close();
      await harness.teardown?.();
    });
    it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => one.run(harness));
    it('leaves nothing behind', async () => {
      assert.deepEqual(await all(harness.driver.list()), []);
    });
  });
}
