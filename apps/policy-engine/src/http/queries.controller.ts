import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { SERVICE_CONTEXT, ServiceTokenGuard, type ServiceContext } from '@kedge/service';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { imagesByPackage, type PackageMatch } from '../image-view/list-images.js';

class PackageQuery extends createZodDto(
  z.object({ name: z.string().min(1), version: z.string().optional(), package_type: z.string().optional() }),
) {}

/** Images that one query answers at most. */
const MOST = 10_000;

/** Questions over all images (policy spec 11). For other services only. */
@Controller()
@UseGuards(ServiceTokenGuard)
export class QueriesController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** Accounts that have indexed images. */
  @Get('users')
  async users(): Promise<string[]> {
    const rows = await this.context.sql.query<{ account: string }>(
      'SELECT DISTINCT account FROM policy_image ORDER BY account LIMIT $1',
      [MOST],
    );
    return rows.map(({ account }) => account);
  }

  @Get('users/:account/query/images/by_package')
  byPackage(@Param('account') account: string, @Query() query: PackageQuery): Promise<PackageMatch[]> {
    const { name, version, package_type: type } = query;
    return imagesByPackage(this.context.sql, account, { name, version, type }, MOST);
  }

  /** No feeds are loaded, so no image is known to have a vulnerability. */
  @Get('users/:account/query/images/by_vulnerability')
  byVulnerability(): [] {
    return [];
  }

  /** No feeds are loaded, so no vulnerability is known. */
  @Get('query/vulnerabilities')
  vulnerabilities(): [] {
    return [];
  }
}
