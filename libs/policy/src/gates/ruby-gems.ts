import { optional, required, text } from '../parameters/index.js';
import { reprList } from '../python-text.js';
import { defineGate, defineTrigger, type Finding } from './gate.js';
import { compareWithFeed, knownPackages, refusedVersions, unknownNames } from './package-feed.js';

const newerVersion = defineTrigger({
  name: 'newer_version_found_in_feed',
  description: 'Fires for each gem whose installed version is not the latest one of the feed',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    for (const { name, version, latest } of knownPackages(await compareWithFeed(context, 'gem'))) {
      if (version === latest) continue;
      yield { message: `Package (${name}) version (${version}) installed but is not the latest version (${latest})` };
    }
  },
});

const notFound = defineTrigger({
  name: 'not_found_in_feed',
  description: 'Fires for each gem that the feed does not know',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    for (const name of unknownNames(await compareWithFeed(context, 'gem')))
      yield { message: `GEMNOTOFFICIAL Package (${name}) in container but not in official GEM feed.` };
  },
});

const versionNotFound = defineTrigger({
  name: 'version_not_found_in_feed',
  description: 'Fires for each gem whose installed version the feed does not know',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    for (const { name, version, versions } of knownPackages(await compareWithFeed(context, 'gem'))) {
      if (versions.includes(version)) continue;
      const installed = `Package (${name}) version (${version}) installed but version is not in the official feed`;
      yield { message: `GEMBADVERSION ${installed} for this package (${reprList(versions)})` };
    }
  },
});

const blacklist = defineTrigger({
  name: 'blacklist',
  description: 'Fires when a gem is installed, in any version or in the one given',
  parameters: {
    name: required(text, { description: 'Name of the gem', example: 'time_diff' }),
    version: optional(text, { description: 'Version of the gem', example: '0.2.9' }),
  },
  async *evaluate(context, { name, version }): AsyncGenerator<Finding> {
    for (const found of await refusedVersions(context, 'gem', name, version))
      yield { message: `Gem Package is blacklisted: ${found}` };
  },
});

const feedUnavailable = defineTrigger({
  name: 'feed_data_unavailable',
  description: 'Fires when the feed of gems was never synced',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    if ((await compareWithFeed(context, 'gem')).known) return;
    const consequence = 'will be unable to perform checks that require feed data';
    yield { message: `Gem packages are present but the anchore gem feed is not available - ${consequence}` };
  },
});

/** Checks of Ruby gems against the feed of official gems. */
export const rubyGems = defineGate({
  name: 'ruby_gems',
  aliases: ['gems'],
  description: 'Checks Ruby gems in the image, also against the feed of official gems',
  triggers: [newerVersion, notFound, versionNotFound, blacklist, feedUnavailable],
});
