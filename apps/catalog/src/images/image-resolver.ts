import {
  credentialsFor,
  ImageError,
  openImageSource,
  parseReference,
  RegistrySource,
  type ImageSource,
  type ResolvedImage,
} from '@kedge/registry';
import { ApiError, registryRecords, SERVICE_CONTEXT, toApiError, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { EventsService } from '../events/events.service.js';
import { checkLocalLocation } from './local-location.js';

const DEFAULT_TIMEOUT_SECONDS = 60;
const MEGABYTE = 1024 * 1024;

/** Finds out which image a reference means now: manifest and configuration, proven by their digests; no layers. */
@Injectable()
export class ImageResolver {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly events: EventsService,
  ) {}

  /**
   * Asks a registry, with the account's login for it.
   *
   * @param pullstring `registry/repository:tag` or `registry/repository@sha256:...`
   * @throws ApiError 400 with the reason's code in `error_codes`, also for an image over the size limit
   */
  async fromRegistry(account: string, pullstring: string): Promise<ResolvedImage> {
    const reference = parseReference(pullstring);
    try {
      const access = credentialsFor(await registryRecords(this.context.sql, account), reference);
      return await this.resolve(new RegistrySource(reference, { ...access, attempts: 2 }), pullstring);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const detail = {
        raw_exception_message: error.message,
        error_codes: toApiError(error)?.detail?.error_codes ?? [],
      };
      await this.events.record({
        type: 'system.image_analysis.registry_lookup_failed',
        account,
        resourceId: pullstring,
        details: detail,
      });
      throw new ApiError(400, 'cannot fetch image digest/manifest from registry', detail, error);
    }
  }

  /**
   * Reads an OCI layout or docker archive on this machine's disk.
   *
   * @returns also the location with its real path, as the analyzer is to open it
   * @throws ApiError 400
   */
  async fromDisk(location: string): Promise<{ image: ResolvedImage; location: string }> {
    const checked = await checkLocalLocation(
      location,
      this.context.config.services.catalog?.local_image_directories ?? [],
    );
    return { image: await this.resolve(openImageSource(checked), location), location: checked };
  }

  private async resolve(source: ImageSource, name: string): Promise<ResolvedImage> {
    const seconds = timeoutSeconds(this.context.config['skopeo_global_timeout']);
    const signal = AbortSignal.timeout(seconds * 1000);
    try {
      const image = await source.resolve({ signal });
      this.checkSize(image, name);
      return image;
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new ImageError('unreachable', `${name} was not read within ${seconds} s; try again later`, error);
    } finally {
      await source.close();
    }
  }

  /** Compressed layers count, in units of 1048576 bytes rounded to two digits (api spec 4.1). */
  private checkSize({ layers }: ResolvedImage, name: string): void {
    const limit = this.context.config.max_compressed_image_size_mb;
    if (limit === undefined) return;
    const bytes = layers.reduce((sum, layer) => sum + layer.size, 0);
    const size = Math.round((bytes / MEGABYTE) * 100) / 100;
    if (size <= limit) return;
    throw new ApiError(400, `${name} has ${size} MB of compressed layers; at most ${limit} MB are configured`, {
      requested_image_compressed_size_mb: size,
      max_compressed_image_size_mb: limit,
      error_codes: [],
    });
  }
}

/** `skopeo_global_timeout` of config.yaml, where 0 meant none; here there is always one. */
function timeoutSeconds(configured: unknown): number {
  const seconds = Number(configured);
  return Number.isFinite(seconds) && seconds >= 1 ? Math.min(seconds, 3600) : DEFAULT_TIMEOUT_SECONDS;
}
