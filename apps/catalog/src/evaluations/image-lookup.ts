import type { AnalysisStatus } from '@kedge/database';
import { ApiError, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';

/** An image that can be judged. */
export interface AnalyzedImage {
  /** Digest of the image's own manifest. */
  imageDigest: string;
  imageId: string;
}

interface Row extends AnalyzedImage {
  analysis_status: AnalysisStatus;
  analysis_error: string | null;
}

/** Images as an evaluation needs them. */
@Injectable()
export class ImageLookup {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** By the digest of the image or of its manifest list. @throws ApiError 404, also for one that is not analysed. */
  async byDigest(account: string, digest: string): Promise<AnalyzedImage> {
    const own = await this.find(account, `i."imageDigest" = $2`, digest);
    return analyzed(own ?? (await this.find(account, `i."parentDigest" = $2`, digest)), digest);
  }

  /** By image id, 64 hex characters. @throws ApiError 404, also for one that is not analysed. */
  async byId(account: string, imageId: string): Promise<AnalyzedImage> {
    return analyzed(await this.find(account, `d."imageId" = $2`, imageId), imageId);
  }

  /** The newest image that fits. */
  private async find(account: string, condition: string, name: string): Promise<Row | undefined> {
    const [row] = await this.context.sql.query<Row>(
      `SELECT i."imageDigest", d."imageId", i.analysis_status, i.analysis_error
         FROM catalog_image i
         JOIN catalog_image_docker d ON d."userId" = i."userId" AND d."imageDigest" = i."imageDigest"
        WHERE i."userId" = $1 AND ${condition} AND i.image_status = 'active'
        ORDER BY i.created_at DESC, d.created_at DESC LIMIT 1`,
      [account, name],
    );
    return row;
  }
}

function analyzed(row: Row | undefined, name: string): AnalyzedImage {
  if (!row) throw new ApiError(404, `image ${name} not found`);
  if (row.analysis_status === 'analyzed') return { imageDigest: row.imageDigest, imageId: row.imageId };
  // Clients look for `analysis_status: ...` in the message.
  throw new ApiError(404, `image is not analyzed - analysis_status: ${row.analysis_status}`, {
    error_codes: [],
    ...(row.analysis_error === null ? {} : { analysis_error: row.analysis_error }),
  });
}
