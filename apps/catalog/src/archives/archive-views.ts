import type { ArchivedImage, TransitionRule, TransitionRuleRequest } from '@kedge/archive';
import { timestamp } from '../wire/timestamp.js';
import type { ArchivedImageView, RuleRequest, RuleView } from './archive.dto.js';

export function archivedImageView(image: ArchivedImage): ArchivedImageView {
  return {
    imageDigest: image.imageDigest,
    parentDigest: image.parentDigest,
    annotations: image.annotations,
    status: image.status,
    analyzed_at: timestamp(image.analyzedAt),
    created_at: timestamp(image.createdAt),
    last_updated: timestamp(image.lastUpdated),
    archive_size_bytes: image.bundleBytes,
    image_detail: image.tags.map((tag) => ({
      pullstring: `${tag.registry}/${tag.repository}:${tag.tag}`,
      registry: tag.registry,
      repository: tag.repository,
      tag: tag.tag,
      detected_at: timestamp(tag.detectedAt),
      created_at: timestamp(tag.createdAt),
      last_updated: timestamp(tag.lastUpdated),
    })),
  };
}

export function ruleView(rule: TransitionRule): RuleView {
  return {
    rule_id: rule.ruleId,
    selector: rule.selector,
    exclude: { expiration_days: rule.excludeExpirationDays, selector: rule.exclude },
    analysis_age_days: rule.analysisAgeDays,
    tag_versions_newer: rule.tagVersionsNewer,
    transition: rule.transition,
    system_global: rule.systemGlobal,
    max_images_per_account: rule.maxImagesPerAccount,
    created_at: timestamp(rule.createdAt),
    last_updated: timestamp(rule.lastUpdated),
  };
}

/** A rule as its author sent it, null being the same as absent. */
export function ruleRequest(body: RuleRequest): TransitionRuleRequest {
  const parts = (selector: { registry?: string | null; repository?: string | null; tag?: string | null }) => ({
    registry: selector.registry ?? '',
    repository: selector.repository ?? '',
    tag: selector.tag ?? '',
  });
  return {
    transition: body.transition,
    selector: body.selector ? parts(body.selector) : undefined,
    exclude: body.exclude?.selector ? parts(body.exclude.selector) : undefined,
    analysisAgeDays: body.analysis_age_days ?? -1,
    tagVersionsNewer: body.tag_versions_newer ?? -1,
    excludeExpirationDays: body.exclude?.expiration_days ?? -1,
    systemGlobal: body.system_global ?? false,
    maxImagesPerAccount: body.max_images_per_account ?? null,
  };
}
