export { AnalysisError, type AnalysisErrorCode } from './errors.js';
export {
  analysisVersion,
  DEFAULT_LIMITS,
  DEFAULT_RULES,
  DEFAULT_SECRET_PATTERNS,
  type AnalysisLimits,
  type AnalysisRules,
  type SearchRules,
} from './rules.js';
export {
  ANALYSIS_VERSION,
  type EntryType,
  type FileFacts,
  type KeptFile,
  type LayerEntry,
  type LayerInventory,
  type SearchHit,
} from './inventory/layer-inventory.js';
export { readInventory, writeInventory } from './inventory/ndjson.js';
export { analyzeLayer, type AnalyzeLayerOptions } from './layer/analyze-layer.js';
export { type ImageEntry } from './image-entries.js';
export { ImageInventory } from './image-inventory.js';
export { EntryTable } from './inventory/entry-table.js';
export { mergedTarSize, squash } from './squash.js';
export { catalogPackages, type AnalyzerStatus } from './catalog-packages.js';
export type { Cataloger, Interest } from './catalogers/cataloger.js';
export { CATALOGERS } from './catalogers/index.js';
export type { PackageFileRecord } from './catalogers/file-records.js';
export { PackageReport } from './catalogers/package-report.js';
export { detectDistro, type Distro } from './distro.js';
export { compilePattern, mimeBase64, type SearchPattern } from './search-patterns.js';
export {
  buildDocuments,
  type AnalysisDocuments,
  type DocumentOptions,
  type ImageFacts,
  type ImageSummary,
} from './documents/documents.js';
export type { FileInfo } from './documents/file-elements.js';
export { guessDockerfile, imageHistory, type HistoryItem } from './documents/history.js';
export { jsonStream, StreamedArray, StreamedObject } from './documents/json-stream.js';
export { toCycloneDx } from './sbom/cyclonedx.js';
export { toNativeSbom } from './sbom/native.js';
export { toSpdx } from './sbom/spdx.js';
export {
  PACKAGE_TYPES,
  packagesOf,
  type PackageEntry,
  type PackageType,
  type SbomDistro,
} from './sbom/sbom-package.js';
export type { SbomSubject } from './sbom/sbom-subject.js';
export { CONTENT_TYPES, contentElements, contentFor, METADATA_TYPES } from './content.js';
