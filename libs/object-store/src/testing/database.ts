/** A fresh migrated database for the suites that need one. Drivers get it from here, since they know nothing but this package. */
export { createTestDatabase } from '@kedge/database/testing';
