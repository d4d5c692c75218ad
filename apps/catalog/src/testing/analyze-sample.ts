import {
  analyzeLayer,
  buildDocuments,
  DEFAULT_LIMITS,
  DEFAULT_RULES,
  squash,
  type ImageSummary,
} from '@kedge/analysis';
import { ImageStates } from '@kedge/database';
import { dockerHistory, openImageSource } from '@kedge/registry';
import type { ServiceContext } from '@kedge/service';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';

/** The repository's sample image, an OCI layout of real packages. */
export const SAMPLE_LAYOUT = resolve(__dirname, '../../../../samples/image');

/**
 * Does an analyzer's work for the sample image, which must have been added to the account: analyses it, writes its
 * documents, fills the summary, and calls it analysed.
 */
export async function analyzeSample(context: ServiceContext, account: string, fullTag: string): Promise<void> {
  const source = openImageSource(`oci:${SAMPLE_LAYOUT}`);
  const image = await source.resolve();
  const layers = [];
  for (const [index, descriptor] of image.layers.entries()) {
    layers.push(
      await analyzeLayer(await source.openBlob(descriptor), {
        compression: 'auto',
        expectedDiffId: image.diffIds[index] ?? '',
        rules: DEFAULT_RULES,
        limits: DEFAULT_LIMITS,
      }),
    );
  }
  await source.close();
  const documents = buildDocuments(
    {
      imageId: image.imageId,
      digest: image.digest,
      fullTag,
      architecture: image.platform.architecture,
      layers: image.layers.map(({ digest }) => digest),
      manifest: JSON.parse(image.manifest.toString()) as unknown,
      history: dockerHistory(image),
    },
    squash(layers),
    { rules: DEFAULT_RULES },
  );
  const { objectStore } = context.stores;
  const wrapped = async function* (document: AsyncIterable<Buffer>): AsyncGenerator<Buffer | string> {
    yield '{"document":';
    yield* document;
    yield '}';
  };
  for (const [bucket, document] of [
    ['analysis_data', documents.analysisData()],
    ['image_content_data', documents.imageContentData()],
  ] as const) {
    await objectStore.put(
      { account, bucket, key: image.digest },
      Readable.from(wrapped(document), { objectMode: false }),
    );
  }
  await fillSummary(context, account, image.digest, documents.summary);
  await new ImageStates(context.sql).finish(account, image.digest);
}

async function fillSummary(context: ServiceContext, account: string, digest: string, summary: ImageSummary) {
  await context.sql.query(
    `UPDATE catalog_image SET arch = $3, distro = $4, distro_version = $5, dockerfile_mode = $6, image_size = $7,
        layer_count = $8 WHERE "userId" = $1 AND "imageDigest" = $2`,
    [
      account,
      digest,
      summary.arch,
      summary.distro,
      summary.distro_version,
      summary.dockerfile_mode,
      summary.image_size,
      summary.layer_count,
    ],
  );
}
