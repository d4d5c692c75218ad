import { timestamp } from '../wire/timestamp.js';
import type { ImageView } from './image.dto.js';
import { fullTag, type ImageRecord } from './image-records.js';

/** An image as the API shows it. */
export function imageView(image: ImageRecord): ImageView {
  const { imageDigest, userId } = image;
  return {
    imageDigest,
    parentDigest: image.parentDigest ?? imageDigest,
    userId,
    image_type: image.image_type,
    created_at: timestamp(image.created_at),
    last_updated: timestamp(image.last_updated),
    analyzed_at: timestamp(image.analyzed_at),
    analysis_status: image.analysis_status,
    ...(image.analysis_error === null ? {} : { analysis_error: image.analysis_error }),
    image_status: image.image_status,
    annotations: parseAnnotations(image.annotations),
    image_content: {
      metadata: {
        arch: image.arch,
        distro: image.distro,
        distro_version: image.distro_version,
        dockerfile_mode: image.dockerfile_mode,
        image_size: image.image_size,
        layer_count: image.layer_count,
      },
    },
    image_detail: image.image_detail.map((tag) => ({
      registry: tag.registry,
      repo: tag.repo,
      tag: tag.tag,
      digest: imageDigest,
      imageId: tag.imageId,
      imageDigest,
      userId,
      fulltag: fullTag(tag),
      fulldigest: `${tag.registry}/${tag.repo}@${imageDigest}`,
      dockerfile: tag.dockerfile,
      created_at: timestamp(tag.created_at),
      last_updated: timestamp(tag.last_updated),
      tag_detected_at: timestamp(tag.tag_detected_at),
    })),
  };
}

/** The stored text as a map; what is none, which only a foreign hand can have written, is shown as empty. */
export function parseAnnotations(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The stored annotations with a request's merged in. The text `null` takes a key away. */
export function mergeAnnotations(stored: string | null, given: Record<string, unknown>): string {
  const merged = { ...parseAnnotations(stored), ...given };
  return JSON.stringify(Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== 'null')));
}
