export { createTestDatabase } from './database.js';
export type { ConformanceCase } from './content.js';
export { address, all, bytesOf, failing, MIB, noise, pieces, prose, stalling } from './content.js';
export { driverCases, type DriverHarness } from './driver-cases.js';
export { objectStoreCases } from './object-store-cases.js';
export type { ObjectStoreHarness } from './object-store-harness.js';
export { describeDriver, describeObjectStore, type Made } from './jest.js';
