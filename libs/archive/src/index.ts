export { ArchiveError, type ArchiveErrorCode } from './errors.js';
export type { ArchiveContext, ArchiveEvent } from './images/archive-context.js';
export type { ArchivedImage, ArchivedStatus, ArchivedTag, ArchiveSummary } from './images/archived-image.js';
export { ArchivedImages } from './images/archived-images.js';
export { ARCHIVE_BUCKET, ImageArchiver, type ArchiveResult } from './images/image-archiver.js';
export { ImageRestorer } from './images/image-restorer.js';
export { inspectBundle, readBundle, type ReadMember } from './bundle/read-bundle.js';
export { writeBundle, type BundleHead, type BundleMember } from './bundle/write-bundle.js';
export type { ArchiveArtifact, ArchiveManifest } from './bundle/archive-manifest.js';
export {
  completeRule,
  type TagSelector,
  type Transition,
  type TransitionRule,
  type TransitionRuleRequest,
  type TransitionRuleSpec,
} from './rules/transition-rule.js';
export { TransitionRules } from './rules/transition-rules.js';
export { TransitionHistory, type TransitionRecord } from './rules/transition-history.js';
export { RuleRunner, type RuleRunnerOptions, type TransitionResult } from './rules/rule-runner.js';
