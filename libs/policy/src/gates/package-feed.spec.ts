import type { ImageFacts } from '../testing/memory-image.js';
import { messages } from '../testing/rule.js';

const packages: ImageFacts['packages'] = [
  { name: 'rails', version: '5.0', type: 'gem', path: '/r' },
  { name: 'rake', version: '9', type: 'gem', path: '/k' },
  { name: 'own', version: '1', type: 'gem', path: '/o' },
  { name: 'rails', version: '5.0', type: 'npm', path: '/n' },
];
const feed = {
  rails: { latest: '6.0', versions: ["5.0'", '6.0'] },
  rake: { latest: '9', versions: ['9'] },
};

describe.each([
  {
    gate: 'ruby_gems',
    kind: 'gem' as const,
    names: ['newer_version_found_in_feed', 'not_found_in_feed', 'version_not_found_in_feed', 'blacklist'],
    texts: ['', 'GEMNOTOFFICIAL Package (own) in container but not in official GEM feed.', 'GEMBADVERSION ', 'Gem'],
  },
  {
    gate: 'npms',
    kind: 'npm' as const,
    names: ['newer_version_in_feed', 'unknown_in_feeds', 'version_not_in_feeds', 'blacklisted_name_version'],
    texts: [
      'NPMNOTLATEST ',
      'NPMNOTOFFICIAL Package (own) in container but not in official NPM feed.',
      'NPMBADVERSION ',
      'NPM',
    ],
  },
])('$gate gate', ({ gate, kind, names, texts }) => {
  const [newer, unknown, bad, refused] = names;
  const image: ImageFacts = {
    packages: packages.filter(({ path }) => path !== '/n').map((found) => ({ ...found, type: kind })),
    packageFeeds: { [kind]: feed },
  };

  it('compares with the feed', async () => {
    expect(await messages(`${gate}.${newer}`, {}, image)).toEqual([
      `${texts[0]}Package (rails) version (5.0) installed but is not the latest version (6.0)`,
    ]);
    expect(await messages(`${gate}.${unknown}`, {}, image)).toEqual([texts[1]]);
    expect(await messages(`${gate}.${bad}`, {}, image)).toEqual([
      `${texts[2]}Package (rails) version (5.0) installed but version is not in the official feed for this package ` +
        `(["5.0'", '6.0'])`,
    ]);
  });

  it('is silent about packages that no feed can know, and says when there is no feed', async () => {
    expect(await messages(`${gate}.${unknown}`, {}, { ...image, packageFeeds: { [kind]: {} } })).toEqual([]);
    expect(await messages(`${gate}.feed_data_unavailable`, {}, image)).toEqual([]);
    expect(await messages(`${gate}.feed_data_unavailable`, {}, { ...image, packageFeeds: {} })).toEqual([
      expect.stringMatching(/packages are present but the anchore (gem|npm) feed is not available - /),
    ]);
    expect(await messages(`${gate}.${newer}`, {}, { ...image, packageFeeds: {} })).toEqual([]);
  });

  it('refuses packages of its kind only', async () => {
    const check = (params: Record<string, string>, facts = image) => messages(`${gate}.${refused}`, params, facts);
    expect(await check({ name: 'rails' })).toEqual([`${texts[3]} Package is blacklisted: rails`]);
    expect(await check({ name: 'rails', version: '5.0' })).toEqual([`${texts[3]} Package is blacklisted: rails-5.0`]);
    expect(await check({ name: 'rails', version: '5' })).toEqual([]);
    expect(await check({ name: 'rails' }, { packages: [{ name: 'rails', type: 'python' }] })).toEqual([]);
  });
});
