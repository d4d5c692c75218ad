import { ApiError, jobKey, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { ArchiveAccess } from '../archives/archive-access.js';
import { EventsService } from '../events/events.service.js';
import { interpretRequest, type AddRequest, type TagName } from './add-request.js';
import { ImageAdder, type Added, type ImageToAdd } from './image-adder.js';
import { fullTag, ImageRecords, type ImageRecord } from './image-records.js';
import { ImageRemover } from './image-remover.js';
import type { ImageRequest } from './image-request.dto.js';
import { ImageResolver } from './image-resolver.js';
import { TagSubscriptions } from './tag-subscriptions.js';

export interface AddOptions {
  /** Analyse again what is known; replace its Dockerfile. */
  force: boolean;
  /** Watch the tag for a new image. */
  autosubscribe: boolean;
}

/** Adds images: what `POST /images` does (api spec 4). */
@Injectable()
export class ImagesService {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
    private readonly resolver: ImageResolver,
    private readonly adder: ImageAdder,
    private readonly remover: ImageRemover,
    private readonly records: ImageRecords,
    private readonly subscriptions: TagSubscriptions,
    private readonly events: EventsService,
    private readonly archive: ArchiveAccess,
  ) {}

  /**
   * @throws ApiError 400 for the request, the registry's refusal or the size; 404 nothing archived; 409 nothing to
   * restore because the image is there; 501 imports
   */
  async add(account: string, request: ImageRequest, options: AddOptions): Promise<ImageRecord> {
    const wanted = interpretRequest(request);
    if (wanted.kind === 'import') {
      throw new ApiError(501, 'imports of externally made analyses are not offered by this version');
    }
    if (wanted.kind === 'archive') return this.restore(account, wanted.digest, options);
    const added = await this.adder.add(account, await this.resolve(account, wanted, options.force), options.force);
    await this.subscribe(account, wanted.tag, added, options);
    return this.records.get(account, added.imageDigest);
  }

  private async resolve(
    account: string,
    wanted: Exclude<AddRequest, { kind: 'archive' | 'import' }>,
    force: boolean,
  ): Promise<ImageToAdd> {
    const { tag, annotations, dockerfile } = wanted;
    const common = { tag, annotations, dockerfile };
    if (wanted.kind === 'local') {
      const { image, location } = await this.resolver.fromDisk(wanted.location);
      return { ...common, image, sourceLocation: location };
    }
    if (wanted.kind === 'tag') {
      return { ...common, image: await this.resolver.fromRegistry(account, fullTag(tag)), sourceLocation: null };
    }
    if (force && !(await this.records.find(account, wanted.digest))) {
      throw new ApiError(400, `image ${wanted.digest} is not known, so there is nothing to force; leave out force`);
    }
    const pullstring = `${tag.registry}/${tag.repo}@${wanted.digest}`;
    const image = await this.resolver.fromRegistry(account, pullstring);
    return { ...common, image, sourceLocation: null, createdAt: wanted.createdAt };
  }

  private async subscribe(account: string, tag: TagName, added: Added, options: AddOptions): Promise<void> {
    await this.subscriptions.ensure(account, fullTag(tag), { watch: options.autosubscribe });
    if (!added.newTagOfAnalyzed) return;
    // Who waits for the analysis of this tag gets his answer now.
    await this.events.record({
      type: 'user.image.analysis.completed',
      account,
      resourceId: fullTag(tag),
      details: { image_digest: added.imageDigest },
    });
  }

  private async restore(account: string, digest: string, options: AddOptions): Promise<ImageRecord> {
    const present = await this.records.find(account, digest);
    if (present?.image_status === 'deleting') await this.remover.finish(account, present.imageDigest);
    const { imageDigest, fullTags } = await this.archive.restore(account, digest);
    await this.context.jobs.cancel('forget-image', jobKey({ account, imageDigest })); // of the image's former life
    for (const tag of fullTags) await this.subscriptions.ensure(account, tag, { watch: options.autosubscribe });
    return this.records.get(account, imageDigest);
  }
}
