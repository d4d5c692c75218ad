import type { ServiceDefinition } from '@kedge/service';
import { CatalogModule } from './catalog.module.js';
import { serveOpenApi } from './openapi/serve-openapi.js';

/** The public `/v1` API: images, policies, accounts, objects. */
export const catalogService: ServiceDefinition = {
  name: 'catalog',
  createModule: () => CatalogModule,
  configure: (app) => serveOpenApi(app),
};
