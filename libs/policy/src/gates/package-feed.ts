import type { FeedPackage, ImageView } from '../image-view.js';
import type { RuleContext } from './gate.js';

/** The installed packages of a language beside what its feed knows of them. */
export interface FeedComparison {
  /** Name -> installed versions, by name. */
  installed: ReadonlyMap<string, readonly string[]>;
  /** Undefined when the feed was never synced. */
  known: ReadonlyMap<string, FeedPackage> | undefined;
}

type Feed = 'gem' | 'npm';

/** Compares the image with the feed, once for all rules. */
export function compareWithFeed(context: RuleContext, feed: Feed): Promise<FeedComparison> {
  return context.once(feed === 'gem' ? gems : npms);
}

const gems = (view: ImageView) => comparison(view, 'gem');
const npms = (view: ImageView) => comparison(view, 'npm');

async function comparison(view: ImageView, feed: Feed): Promise<FeedComparison> {
  const installed = new Map<string, string[]>();
  for (const { name, version, type } of await view.packages()) {
    if (type !== feed) continue;
    const versions = installed.get(name);
    if (!versions) installed.set(name, [version]);
    else if (!versions.includes(version)) versions.push(version);
  }
  return { installed, known: await view.packageFeed(feed, [...installed.keys()]) };
}

/** An installed version of a package that the feed knows. */
export interface KnownPackage extends FeedPackage {
  name: string;
  version: string;
}

/** Every installed version of the packages that the feed knows. */
export function knownPackages({ installed, known }: FeedComparison): KnownPackage[] {
  return [...installed].flatMap(([name, versions]) => {
    const inFeed = known?.get(name);
    return inFeed
      ? versions.map((version) => ({ name, version, latest: inFeed.latest, versions: inFeed.versions }))
      : [];
  });
}

/** Names that the feed does not know. None when it knows nothing of the image: then it is not the right feed. */
export function unknownNames({ installed, known }: FeedComparison): string[] {
  if (!known || known.size === 0) return [];
  return [...installed.keys()].filter((name) => !known.has(name));
}

/** Installed versions of a package that a rule names. */
export async function refusedVersions(
  context: RuleContext,
  feed: Feed,
  name: string,
  version: string | null,
): Promise<string[]> {
  const packages = await context.view.packages({ name });
  const versions = packages.filter(({ type }) => type === feed).map((found) => found.version);
  if (!version) return versions.length > 0 ? [name] : [];
  return versions.includes(version) ? [`${name}-${version}`] : [];
}
