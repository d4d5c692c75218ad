import { ApiError } from '@kedge/client';
import { Controller, Get, Header, Inject, UseGuards } from '@nestjs/common';
import { OperatorGuard } from '../auth/operator.guard.js';
import { SERVICE_CONTEXT, type ServiceContext } from '../bootstrap/service-definition.js';
import { SERVICE_STATUS, type ServiceStatus, type StatusDocument } from './service-status.js';
import { KEDGE_VERSION } from './service-version.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const READY_TIMEOUT_MS = 5000;

/** What every service answers (API spec 3.13, 3.19 and 10). Nest sends strings as they are, hence the quotes. */
@Controller()
export class HealthController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    @Inject(SERVICE_STATUS) private readonly status: ServiceStatus,
  ) {}

  /** Which API this is. */
  @Get()
  @Header('content-type', JSON_TYPE)
  root(): string {
    return '"v1"';
  }

  /** The process answers. Says nothing about the database, so that a database's restart does not restart services. */
  @Get('health')
  @Header('content-type', JSON_TYPE)
  health(): string {
    return '"ok"';
  }

  /** The service can do its work: the database answers within 5 seconds. @throws ApiError 503 */
  @Get('health/ready')
  @Header('content-type', JSON_TYPE)
  async ready(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), READY_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.context.sql.query('SELECT 1'), late]);
      return '"ok"';
    } catch (cause) {
      throw new ApiError(503, 'the database does not answer', undefined, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  /** `api` stays empty: clients take a server for another API when it says a version there. */
  @Get('version')
  version(): { service: { version: string }; api: object; db: { schema_version: string } } {
    return {
      service: { version: KEDGE_VERSION },
      api: {},
      db: { schema_version: this.status.databaseVersion },
    };
  }

  @Get('status')
  @UseGuards(OperatorGuard)
  describe(): StatusDocument {
    return this.status.document(true);
  }
}
