import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import type { VulnerableImage } from '@kedge/client';
import { SERVICE_CONTEXT, ServiceTokenGuard, type ServiceContext } from '@kedge/service';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { imagesByVulnerability } from '../feeds/images-by-vulnerability.js';
import { imagesByPackage, type PackageMatch } from '../image-view/list-images.js';
import { ENGINE_SETTINGS, type EngineSettings } from '../settings.js';

class PackageQuery extends createZodDto(
  z.object({ name: z.string().min(1), version: z.string().optional(), package_type: z.string().optional() }),
) {}
class VulnerableImagesQuery extends createZodDto(
  z.object({
    vulnerability_id: z.string().min(1),
    namespace: z.string().optional(),
    affected_package: z.string().optional(),
    severity: z.string().optional(),
    vendor_only: z.stringbool().default(true),
  }),
) {}

/** Images that one query answers at most. */
const MOST = 10_000;

/** Questions over all images (policy spec 11). For other services only. */
@Controller()
@UseGuards(ServiceTokenGuard)
export class QueriesController {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    @Inject(ENGINE_SETTINGS) private readonly settings: EngineSettings,
  ) {}

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

  @Get('users/:account/query/images/by_vulnerability')
  byVulnerability(
    @Param('account') account: string,
    @Query() query: VulnerableImagesQuery,
  ): Promise<VulnerableImage[]> {
    const { vulnerability_id: id, namespace, affected_package: packageName, severity, vendor_only: vendorOnly } = query;
    const wanted = { id, namespace, packageName, severity, vendorOnly };
    return imagesByVulnerability(this.context.sql, account, wanted, MOST, this.settings);
  }

  /** Questions about the records of the feeds themselves are not answered yet. */
  @Get('query/vulnerabilities')
  vulnerabilities(): [] {
    return [];
  }
}
