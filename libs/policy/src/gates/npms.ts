import { optional, required, text } from '../parameters/index.js';
import { reprList } from '../python-text.js';
import { defineGate, defineTrigger, type Finding } from './gate.js';
import { compareWithFeed, knownPackages, refusedVersions, unknownNames } from './package-feed.js';

const newerVersion = defineTrigger({
  name: 'newer_version_in_feed',
  description: 'Fires for each npm package whose installed version is not the latest one of the feed',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    for (const { name, version, latest } of knownPackages(await compareWithFeed(context, 'npm'))) {
      if (version === latest) continue;
      const installed = `Package (${name}) version (${version}) installed but is not the latest version (${latest})`;
      yield { message: `NPMNOTLATEST ${installed}` };
    }
  },
});

const unknown = defineTrigger({
  name: 'unknown_in_feeds',
  description: 'Fires for each npm package that the feed does not know',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    for (const name of unknownNames(await compareWithFeed(context, 'npm')))
      yield { message: `NPMNOTOFFICIAL Package (${name}) in container but not in official NPM feed.` };
  },
});

const versionUnknown = defineTrigger({
  name: 'version_not_in_feeds',
  description: 'Fires for each npm package whose installed version the feed does not know',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    for (const { name, version, versions } of knownPackages(await compareWithFeed(context, 'npm'))) {
      if (versions.includes(version)) continue;
      const installed = `Package (${name}) version (${version}) installed but version is not in the official feed`;
      yield { message: `NPMBADVERSION ${installed} for this package (${reprList(versions)})` };
    }
  },
});

const blacklist = defineTrigger({
  name: 'blacklisted_name_version',
  description: 'Fires when an npm package is installed, in any version or in the one given',
  parameters: {
    name: required(text, { description: 'Name of the package', example: 'time_diff' }),
    version: optional(text, { description: 'Version of the package', example: '0.2.9' }),
  },
  async *evaluate(context, { name, version }): AsyncGenerator<Finding> {
    for (const found of await refusedVersions(context, 'npm', name, version))
      yield { message: `NPM Package is blacklisted: ${found}` };
  },
});

const feedUnavailable = defineTrigger({
  name: 'feed_data_unavailable',
  description: 'Fires when the feed of npm packages was never synced',
  parameters: {},
  async *evaluate(context): AsyncGenerator<Finding> {
    if ((await compareWithFeed(context, 'npm')).known) return;
    const consequence = 'will be unable to perform checks that require feed data';
    yield { message: `NPM packages are present but the anchore npm feed is not available - ${consequence}` };
  },
});

/** Checks of npm packages against the feed of official packages. */
export const npms = defineGate({
  name: 'npms',
  description: 'Checks npm packages in the image, also against the feed of official packages',
  triggers: [newerVersion, unknown, versionUnknown, blacklist, feedUnavailable],
});
