import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';

/**
 * Version of the API that is implemented. Clients compare it number by number and fall back to older forms of requests
 * when they find less than 0.1.6, so it must be dotted integers (api spec 13.4).
 */
export const API_VERSION = '0.1.20';

/** The description of every route, made from the controllers of the application (OpenAPI 3.0). */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const header = new DocumentBuilder()
    .setTitle('Kedge')
    .setDescription('Analyses container images and judges them by policy. Every path also answers without /v1.')
    .setVersion(API_VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBasicAuth()
    .addSecurityRequirements('basic')
    .build();
  return cleanupOpenApiDoc(nameWildcards(SwaggerModule.createDocument(app, header)));
}

/** A route that ends in `*` comes out as `{path}`, but its parameter as `*`. */
function nameWildcards(document: OpenAPIObject): OpenAPIObject {
  const operations = Object.values(document.paths).flatMap(({ get, put, post, delete: remove }) => [
    get,
    put,
    post,
    remove,
  ]);
  for (const parameter of operations.flatMap((operation) => operation?.parameters ?? [])) {
    if ('name' in parameter && parameter.in === 'path' && parameter.name === '*') parameter.name = 'path';
  }
  return document;
}
