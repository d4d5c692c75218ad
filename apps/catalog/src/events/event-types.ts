/** A kind of event: its full name is the path of names that lead to it, e.g. `user.image.analysis.completed`. */
export interface EventType {
  name: string;
  type: EventTypeName;
  message: string;
  resource_type: string | null;
}

interface EventSubcategory {
  name: string;
  description: string;
  events: EventType[];
}

interface EventCategory {
  name: string;
  description: string;
  subcategories: EventSubcategory[];
}

/** Every event type (api spec 7.2): type, resource type, level, what happened. */
const TYPES = [
  ['user.image.analysis.completed', 'image_tag', 'info', 'Image analysis successful'],
  ['user.image.analysis.failed', 'image_tag', 'error', 'Image analysis failed'],
  ['user.checks.tag.policy_evaluation.update', 'image_tag', 'info', 'Policy evaluation of a tag changed'],
  ['user.checks.tag.vulnerabilities.update', 'image_tag', 'info', 'Vulnerabilities of a tag changed'],
  ['user.policy.active.updated', 'policy_bundle', 'info', 'Another policy bundle became active'],
  ['user.policy.active.content_change', 'policy_bundle', 'info', 'Content of the active policy bundle changed'],
  ['system.image_analysis.registry_lookup_failed', 'image_reference', 'error', 'Image was not found at its registry'],
  ['system.image_analysis.failed', 'image_digest', 'error', 'Image analysis failed'],
  ['system.image_analysis.catalog_save_failed', 'image_digest', 'error', 'Analysis could not be stored'],
  ['system.image_analysis.policy_engine_load_failed', 'image_digest', 'error', 'Analysis could not be indexed'],
  ['system.image_analysis.manifest_parse_fail', 'image_tag', 'error', 'Image manifest is not valid'],
  ['system.image_analysis.restored_from_archive', 'image_digest', 'info', 'Analysis was restored from the archive'],
  ['system.image_analysis.restore_from_archive_failed', 'image_digest', 'error', 'Archived analysis was not restored'],
  ['system.image_analysis.completed', 'image_tag', 'info', 'Image analysis successful'],
  ['system.analysis_archive.image_archived', 'image_digest', 'info', 'Analysis was archived'],
  ['system.analysis_archive.image_archive_failed', 'image_digest', 'error', 'Analysis was not archived'],
  ['system.analysis_archive.archived_image_deleted', 'image_digest', 'info', 'Archived analysis was deleted'],
  [
    'system.analysis_archive.archived_image_delete_failed',
    'image_digest',
    'error',
    'Archived analysis was not deleted',
  ],
  ['system.repository.list_tags_fail', 'repository', 'error', 'Tags of a repository could not be listed'],
  ['system.feeds.sync.started', 'feeds', 'info', 'Synchronisation of the feeds started'],
  ['system.feeds.sync.completed', 'feeds', 'info', 'Synchronisation of the feeds completed'],
  ['system.feeds.sync.failed', 'feeds', 'error', 'Synchronisation of the feeds failed'],
  ['system.service.state_transition.down', 'service', 'error', 'A service went down'],
  ['system.service.state_transition.orphaned', 'service', 'error', 'A service has not been heard of for long'],
  ['system.service.removed', 'service', 'error', 'The record of a service was removed'],
] as const;

export type EventTypeName = (typeof TYPES)[number][0];
export type EventLevel = 'info' | 'error';

const DESCRIPTIONS: Record<string, string> = {
  user: 'Events about what an account owns',
  system: 'Events about the installation',
  'user.image': 'Analysis of images',
  'user.checks': 'Changes of what is known about a tag',
  'user.policy': 'Policy bundles',
  'system.image_analysis': 'Steps of image analysis',
  'system.analysis_archive': 'The archive of analyses',
  'system.repository': 'Watched repositories',
  'system.feeds': 'Synchronisation of feeds',
  'system.service': 'Services of the installation',
};

/** Level and resource type that belong to an event type. */
export function eventTypeFacts(type: EventTypeName): { level: EventLevel; resourceType: string; message: string } {
  const [, resourceType, level, message] = TYPES.find(([name]) => name === type) ?? [type, '', 'info' as const, type];
  return { level, resourceType, message };
}

/** Body of `GET /event_types` (api spec 3.10): types by the first and second part of their names. */
export function describeEventTypes(): EventCategory[] {
  const categories = [...new Set(TYPES.map(([type]) => part(type, 1)))];
  return categories.map((category) => {
    const types = TYPES.filter(([type]) => part(type, 1) === category);
    const subcategories = [...new Set(types.map(([type]) => part(type, 2)))];
    return {
      name: category,
      description: DESCRIPTIONS[category] ?? category,
      subcategories: subcategories.map((subcategory) => ({
        name: subcategory.slice(category.length + 1),
        description: DESCRIPTIONS[subcategory] ?? subcategory,
        events: types
          .filter(([type]) => part(type, 2) === subcategory)
          .map(([type, resourceType, , message]) => ({
            name: type.slice(subcategory.length + 1),
            type,
            message,
            resource_type: resourceType,
          })),
      })),
    };
  });
}

function part(type: string, parts: number): string {
  return type.split('.').slice(0, parts).join('.');
}
