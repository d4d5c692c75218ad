import { ApiError } from '@kedge/service';
import { Injectable } from '@nestjs/common';
import { ImageRecords, type ImageRecord } from '../images/image-records.js';

/** Images whose analysis can be read. */
@Injectable()
export class AnalyzedImages {
  constructor(private readonly records: ImageRecords) {}

  /** By the digest of the image or of its manifest list. @throws ApiError 404, also for one that is not analysed. */
  async byDigest(account: string, digest: string): Promise<ImageRecord> {
    return requireAnalyzed(await this.records.get(account, digest));
  }

  /** By image id, 64 hex characters. @throws ApiError 404, also for one that is not analysed. */
  async byId(account: string, imageId: string): Promise<ImageRecord> {
    return requireAnalyzed(await this.records.getById(account, imageId));
  }
}

function requireAnalyzed(image: ImageRecord): ImageRecord {
  if (image.image_status !== 'active') throw new ApiError(404, `image ${image.imageDigest} is being deleted`);
  if (image.analysis_status === 'analyzed') return image;
  // Clients look for `analysis_status: ...` in the message.
  throw new ApiError(404, `image is not analyzed - analysis_status: ${image.analysis_status}`, {
    error_codes: [],
    ...(image.analysis_error === null ? {} : { analysis_error: image.analysis_error }),
  });
}
