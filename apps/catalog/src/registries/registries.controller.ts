import type { RegistryLogin } from '@kedge/database';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CurrentAccount } from '../auth/decorators.js';
import { QueryBoolean } from '../wire/query-boolean.pipe.js';
import { timestamp } from '../wire/timestamp.js';
import { RegistriesService } from './registries.service.js';
import { RegistryRequest, RegistryView } from './registry.dto.js';

/** Logins to registries (api spec 2.5). A registry in the path may hold slashes, plain or as `%2F`. */
@ApiTags('Registries')
@Controller('registries')
export class RegistriesController {
  constructor(private readonly registries: RegistriesService) {}

  @Get()
  @ApiOperation({ summary: 'List registries' })
  @ApiOkResponse({ type: [RegistryView] })
  async list(@CurrentAccount() account: string): Promise<RegistryView[]> {
    return (await this.registries.list(account)).map(view);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Register a login; `validate` tries it first' })
  @ApiQuery({ name: 'validate', required: false, type: Boolean, description: 'default true' })
  @ApiOkResponse({ type: [RegistryView] })
  async add(
    @CurrentAccount() account: string,
    @Query('validate', new QueryBoolean('validate', true)) validate: boolean,
    @Body() request: RegistryRequest,
  ): Promise<RegistryView[]> {
    return [view(await this.registries.add(account, request, validate))];
  }

  @Get('*')
  @ApiOperation({ summary: 'Get a registry' })
  @ApiOkResponse({ type: [RegistryView] })
  async get(@CurrentAccount() account: string, @Param('*') registry: string): Promise<RegistryView[]> {
    return [view(await this.registries.get(account, registry))];
  }

  @Put('*')
  @ApiOperation({ summary: 'Change a registered login' })
  @ApiQuery({ name: 'validate', required: false, type: Boolean, description: 'default true' })
  @ApiOkResponse({ type: [RegistryView] })
  async update(
    @CurrentAccount() account: string,
    @Param('*') registry: string,
    @Query('validate', new QueryBoolean('validate', true)) validate: boolean,
    @Body() request: RegistryRequest,
  ): Promise<RegistryView[]> {
    return [view(await this.registries.update(account, registry, request, validate))];
  }

  @Delete('*')
  @ApiOperation({ summary: 'Delete a registry; deleting what is not there succeeds' })
  @ApiOkResponse({ type: Boolean })
  async delete(@CurrentAccount() account: string, @Param('*') registry: string): Promise<true> {
    await this.registries.delete(account, registry);
    return true;
  }
}

function view(login: RegistryLogin): RegistryView {
  return {
    registry: login.registry,
    registry_name: login.registryName,
    registry_user: login.registryUser,
    registry_type: login.registryType,
    registry_verify: login.registryVerify,
    userId: login.userId,
    created_at: timestamp(login.createdAt),
    last_updated: timestamp(login.lastUpdated),
  };
}
