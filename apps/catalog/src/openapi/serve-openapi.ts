import type { INestApplication } from '@nestjs/common';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { createOpenApiDocument } from './openapi-document.js';

/**
 * Serves the description of the API as `/v1/openapi.json`, `/v1/swagger.json` and the same as `.yaml`, without
 * credentials: clients read it before they log in (api spec 13.4). It is made at the first request.
 */
export function serveOpenApi(app: INestApplication): void {
  let document: OpenAPIObject | undefined;
  const create = (): OpenAPIObject => (document ??= createOpenApiDocument(app));
  for (const name of ['openapi', 'swagger']) {
    SwaggerModule.setup(name, app, create, {
      ui: false,
      useGlobalPrefix: true,
      jsonDocumentUrl: `${name}.json`,
      yamlDocumentUrl: `${name}.yaml`,
    });
  }
}
