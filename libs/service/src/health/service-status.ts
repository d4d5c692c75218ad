import { schemaStatus } from '@kedge/database';
import type { ServiceContext, ServiceDefinition } from '../bootstrap/service-definition.js';
import { KEDGE_VERSION, schemaVersion } from './service-version.js';

/** Injection token of the service's {@link ServiceStatus}. */
export const SERVICE_STATUS = Symbol('SERVICE_STATUS');

/** API spec 3.13. */
export interface StatusDocument {
  available: boolean;
  busy: boolean;
  up: boolean;
  message: string;
  detail: Record<string, unknown>;
  version: string;
  db_version: string;
}

/** What a service says about itself at `/status` and in its row of `services`. */
export class ServiceStatus {
  constructor(
    private readonly definition: ServiceDefinition,
    private readonly context: ServiceContext,
    readonly databaseVersion: string,
  ) {}

  static async create(definition: ServiceDefinition, context: ServiceContext): Promise<ServiceStatus> {
    const { applied } = await schemaStatus(context.dataSource);
    return new ServiceStatus(definition, context, schemaVersion(applied));
  }

  document(up: boolean): StatusDocument {
    return {
      available: up,
      busy: false,
      up,
      message: up ? 'all good' : 'stopped',
      detail: this.definition.statusDetail?.(this.context) ?? {},
      version: KEDGE_VERSION,
      db_version: this.databaseVersion,
    };
  }
}
