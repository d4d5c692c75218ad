import type { ResolvedImage } from '@kedge/registry';
import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';

/** Buckets whose objects are named by the digest of the image they belong to; deleting the image deletes them. */
const BUCKETS = [
  'analysis_data',
  'image_content_data',
  'manifest_data',
  'parent_manifest_data',
  'syft_sbom',
  // Of the old system, which Kedge does not write.
  'query_data',
  'image_summary_data',
];

/** The objects of an image in the object store. */
@Injectable()
export class ImageDocuments {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  /** Keeps the manifest and that of the list which led to it (or itself), as text exactly as the registry served it. */
  async putManifests(account: string, image: ResolvedImage): Promise<void> {
    for (const [bucket, bytes] of manifests(image)) {
      await this.store.putDocument({ account, bucket, key: image.digest }, bytes.toString('utf8'));
    }
  }

  /** Puts what is missing: a deletion that ran at the same time may have taken them. */
  async completeManifests(account: string, image: ResolvedImage): Promise<void> {
    for (const [bucket, bytes] of manifests(image)) {
      const id = { account, bucket, key: image.digest };
      if (!(await this.store.stat(id))) await this.store.putDocument(id, bytes.toString('utf8'));
    }
  }

  /** Deletes everything of an image; what is gone already is fine. */
  async delete(account: string, imageDigest: string, fullTags: readonly string[]): Promise<void> {
    for (const bucket of BUCKETS) await this.store.delete({ account, bucket, key: imageDigest });
    for (const tag of fullTags) {
      await this.store.delete({ account, bucket: 'vulnerability_scan', key: `${imageDigest}/${tag}` });
    }
    await this.deleteEvaluations(account, imageDigest);
  }

  /** Documents before rows, so that a failure in between leaves nothing that nobody knows of. */
  private async deleteEvaluations(account: string, imageDigest: string): Promise<void> {
    const { sql } = this.context;
    for (;;) {
      const rows = await sql.query<{ evalId: string }>(
        `SELECT DISTINCT "evalId" FROM policy_eval WHERE "userId" = $1 AND "imageDigest" = $2 LIMIT 500`,
        [account, imageDigest],
      );
      if (rows.length === 0) return;
      const ids = rows.map((row) => row.evalId);
      for (const key of ids) await this.store.delete({ account, bucket: 'policy_evaluations', key });
      await sql.query(
        `DELETE FROM policy_eval WHERE "userId" = $1 AND "imageDigest" = $2 AND "evalId" = ANY($3::varchar[])`,
        [account, imageDigest, ids],
      );
    }
  }

  private get store() {
    return this.context.stores.objectStore;
  }
}

function manifests({ manifest, parentManifest }: ResolvedImage): [bucket: string, bytes: Buffer][] {
  return [
    ['manifest_data', manifest],
    ['parent_manifest_data', parentManifest ?? manifest],
  ];
}
