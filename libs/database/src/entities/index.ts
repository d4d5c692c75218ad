import { Account } from './account.js';
import { AccountUser } from './account-user.js';
import { UserCredential } from './user-credential.js';
import { ServiceRecord } from './service-record.js';
import { CatalogImage } from './catalog-image.js';
import { CatalogImageTag } from './catalog-image-tag.js';
import { PolicyBundleRecord } from './policy-bundle-record.js';
import { PolicyEvaluation } from './policy-evaluation.js';
import { RegistryLogin } from './registry-record.js';
import { Subscription } from './subscription.js';
import { EventRecord } from './event-record.js';
import { Feed } from './feed.js';
import { FeedGroup } from './feed-group.js';
import { DistroMapping } from './distro-mapping.js';

export type { AnalysisStatus } from './catalog-image.js';
export {
  Account,
  AccountUser,
  UserCredential,
  ServiceRecord,
  CatalogImage,
  CatalogImageTag,
  PolicyBundleRecord,
  PolicyEvaluation,
  RegistryLogin,
  Subscription,
  EventRecord,
  Feed,
  FeedGroup,
  DistroMapping,
};

/** Every entity; hot tables that only plain SQL touches have none. */
export const ENTITIES = [
  Account,
  AccountUser,
  UserCredential,
  ServiceRecord,
  CatalogImage,
  CatalogImageTag,
  PolicyBundleRecord,
  PolicyEvaluation,
  RegistryLogin,
  Subscription,
  EventRecord,
  Feed,
  FeedGroup,
  DistroMapping,
];
