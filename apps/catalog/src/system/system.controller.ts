import { type GateSpec } from '@kedge/client';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Controller, Delete, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/decorators.js';
import { ERROR_CODES } from './error-codes.js';
import { ServiceView, SystemStatus } from './service.dto.js';
import { ServicesService } from './services.service.js';

/** The installation and its services (api spec 2.1). */
@ApiTags('System')
@Controller('system')
export class SystemController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly services: ServicesService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'State of all services' })
  @ApiOkResponse({ type: SystemStatus })
  async status(): Promise<SystemStatus> {
    return { service_states: await this.services.list() };
  }

  @Get('services')
  @AdminOnly()
  @ApiOperation({ summary: 'List services' })
  @ApiOkResponse({ type: [ServiceView] })
  listServices(): Promise<ServiceView[]> {
    return this.services.list();
  }

  @Get('services/:servicename')
  @AdminOnly()
  @ApiOperation({ summary: 'List services of one name' })
  @ApiOkResponse({ type: [ServiceView] })
  getServices(@Param('servicename') servicename: string): Promise<ServiceView[]> {
    return this.services.list({ servicename });
  }

  @Get('services/:servicename/:hostid')
  @AdminOnly()
  @ApiOperation({ summary: 'Get the service of one name on one host' })
  @ApiOkResponse({ type: [ServiceView] })
  async getService(@Param('servicename') servicename: string, @Param('hostid') hostid: string): Promise<ServiceView[]> {
    const found = await this.services.list({ servicename, hostid });
    if (found.length === 0) throw new ApiError(404, `service ${servicename} on host ${hostid} not found`);
    return found;
  }

  @Delete('services/:servicename/:hostid')
  @AdminOnly()
  @ApiOperation({ summary: 'Delete the record of a service that is down' })
  @ApiOkResponse({ type: Boolean })
  async deleteService(@Param('servicename') servicename: string, @Param('hostid') hostid: string): Promise<true> {
    await this.services.delete(servicename, hostid);
    return true;
  }

  @Get('error_codes')
  @ApiOperation({ summary: 'Error codes and their meanings' })
  errorCodes(): typeof ERROR_CODES {
    return ERROR_CODES;
  }

  @Get('policy_spec')
  @ApiOperation({ summary: 'Gates, triggers and parameters of policies' })
  async policySpec(): Promise<GateSpec[]> {
    return (await this.context.policyEngine()).policySpec();
  }
}
