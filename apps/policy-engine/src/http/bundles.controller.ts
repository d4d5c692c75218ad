import { Body, Controller, Get, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { describeGates, validateBundle, type GateDescription, type PolicyProblem } from '@kedge/policy';
import { ServiceTokenGuard } from '@kedge/service';
import { ENGINE_SETTINGS, type EngineSettings } from '../settings.js';

/** What bundles may say, and whether one does (policy spec 4.1, 5). For other services only. */
@Controller()
@UseGuards(ServiceTokenGuard)
export class BundlesController {
  constructor(@Inject(ENGINE_SETTINGS) private readonly settings: EngineSettings) {}

  @Get('policy_spec')
  describe(): GateDescription[] {
    return describeGates({ packageDbLoad: this.settings.packageDb });
  }

  /** All problems at once; a bundle that is wrong is a proper answer. */
  @Post('validate_bundle')
  @HttpCode(200)
  validate(@Body() bundle: unknown): { valid: boolean; validation_details: PolicyProblem[] } {
    const { valid, problems } = validateBundle(bundle, { packageDbLoad: this.settings.packageDb });
    return { valid, validation_details: problems };
  }
}
