import type { MigrationInterface } from 'typeorm';
import { ObjectStoreSchema1795500000001 } from './0001-object-store.js';
import { IdentitySchema1795500000002 } from './0002-identity.js';
import { CatalogSchema1795500000003 } from './0003-catalog.js';
import { ArchiveSchema1795500000004 } from './0004-archive.js';
import { PolicyEngineSchema1795500000005 } from './0005-policy-engine.js';
import { MigrationJournalSchema1795500000006 } from './0006-migration-journal.js';
import { WantedAnalysisSchema1795500000007 } from './0007-wanted-analysis.js';
import { IntendedCopiesSchema1795500000008 } from './0008-intended-copies.js';
import { ShortContentSchema1795500000009 } from './0009-short-content.js';
import { FeedsSchema1795500000010 } from './0010-feeds.js';
import { PackageDifferencesSchema1795500000011 } from './0011-package-differences.js';
import { ActiveTimeSchema1795500000012 } from './0012-active-time.js';

/** Every schema change in its order. Released ones are never edited; new ones are added at the end. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  ObjectStoreSchema1795500000001,
  IdentitySchema1795500000002,
  CatalogSchema1795500000003,
  ArchiveSchema1795500000004,
  PolicyEngineSchema1795500000005,
  MigrationJournalSchema1795500000006,
  WantedAnalysisSchema1795500000007,
  IntendedCopiesSchema1795500000008,
  ShortContentSchema1795500000009,
  FeedsSchema1795500000010,
  PackageDifferencesSchema1795500000011,
  ActiveTimeSchema1795500000012,
];
