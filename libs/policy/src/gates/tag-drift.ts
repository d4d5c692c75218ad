import type { ImagePackage, ImageView } from '../image-view.js';
import { optional, text } from '../parameters/index.js';
import { defineGate, defineTrigger, type Finding, type RuleContext } from './gate.js';

/** A package that differs between the image and the one that had its tag before. */
interface Drift {
  name: string;
  type: string;
  /** Versions before and now; empty when the package was not or is not there. */
  before: string[];
  now: string[];
}

const packageType = optional(text, { description: 'Look only at packages of this type', example: 'dpkg' });

const added = defineTrigger({
  name: 'packages_added',
  description: 'Fires for each package that the previous image of the tag did not have',
  parameters: { package_type: packageType },
  evaluate: (context, values) =>
    drifts(context, values.package_type, ({ name, type, before, now }) =>
      before.length === 0 ? `Package (${name}) of type (${type}) was added in version (${now.join(', ')})` : undefined,
    ),
});

const removed = defineTrigger({
  name: 'packages_removed',
  description: 'Fires for each package that the previous image of the tag had and this one has not',
  parameters: { package_type: packageType },
  evaluate: (context, values) =>
    drifts(context, values.package_type, ({ name, type, before, now }) =>
      now.length === 0
        ? `Package (${name}) of type (${type}) was removed in version (${before.join(', ')})`
        : undefined,
    ),
});

const modified = defineTrigger({
  name: 'packages_modified',
  description: 'Fires for each package whose version differs from that in the previous image of the tag',
  parameters: { package_type: packageType },
  evaluate: (context, values) =>
    drifts(context, values.package_type, ({ name, type, before, now }) => {
      if (before.length === 0 || now.length === 0) return undefined;
      return `Package (${name}) of type (${type}) changed from version (${before.join(', ')}) to (${now.join(', ')})`;
    }),
});

async function drifts(
  context: RuleContext,
  type: string | null,
  message: (drift: Drift) => string | undefined,
): Promise<Finding[]> {
  const previous = await context.view.previousPackages(context.tag);
  if (!previous) return [];
  const all = compare(previous, await context.once(currentPackages));
  return all
    .filter((drift) => !type || drift.type.toLowerCase() === type.toLowerCase())
    .flatMap((drift) => message(drift) ?? [])
    .map((text) => ({ message: text }));
}

function currentPackages(view: ImageView): Promise<ImagePackage[]> {
  return view.packages();
}

function compare(previous: readonly ImagePackage[], current: readonly ImagePackage[]): Drift[] {
  const drifts = new Map<string, Drift>();
  const note = ({ name, type, fullVersion }: ImagePackage, side: 'before' | 'now') => {
    const key = `${name}\0${type}`;
    const drift = drifts.get(key) ?? { name, type, before: [], now: [] };
    drifts.set(key, drift);
    if (!drift[side].includes(fullVersion)) drift[side].push(fullVersion);
  };
  for (const found of previous) note(found, 'before');
  for (const found of current) note(found, 'now');
  return [...drifts.values()]
    .filter(({ before, now }) => before.toSorted().join('\0') !== now.toSorted().join('\0'))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.type < b.type ? -1 : 1));
}

/** Checks of what changed since the image that had the tag before. Without such an image nothing fires. */
export const tagDrift = defineGate({
  name: 'tag_drift',
  description: 'Compares the packages with those of the image that had the same tag before',
  triggers: [added, removed, modified],
});
