/** What can be subscribed to (api spec 7.1). `repo_update` is about a repository, the others about a tag. */
export const SUBSCRIPTION_TYPES = [
  'tag_update',
  'analysis_update',
  'policy_eval',
  'vuln_update',
  'repo_update',
] as const;

export type SubscriptionType = (typeof SUBSCRIPTION_TYPES)[number];

export function isSubscriptionType(text: string): text is SubscriptionType {
  return (SUBSCRIPTION_TYPES as readonly string[]).includes(text);
}
