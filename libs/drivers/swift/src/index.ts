import type { DriverPlugin } from '@kedge/object-store';
import { configSchema, type SwiftSettings } from './settings.js';
import { SwiftDriver } from './swift-driver.js';

export { SwiftDriver } from './swift-driver.js';
export type { SwiftSettings } from './settings.js';

/** Content as objects of a container of OpenStack Swift. */
export const kedgeDriver: DriverPlugin<SwiftSettings> = {
  apiVersion: 1,
  name: 'swift',
  scheme: 'swift',
  description: 'content as objects of a container of OpenStack Swift',
  configSchema,
  create: (settings) => new SwiftDriver(settings),
};
