import type { ImageFacts } from '../testing/memory-image.js';
import { messages } from '../testing/rule.js';

const image: ImageFacts = {
  packages: [
    { name: 'same', version: '1' },
    { name: 'changed', version: '2', release: '1' },
    { name: 'new', version: '1', type: 'npm' },
  ],
  previous: [
    { name: 'gone', version: '3' },
    { name: 'changed', version: '1' },
    { name: 'same', version: '1' },
  ],
};

describe('tag_drift gate', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['packages_added', {}, ['Package (new) of type (npm) was added in version (1)']],
    ['packages_added', { package_type: 'dpkg' }, []],
    ['packages_removed', {}, ['Package (gone) of type (dpkg) was removed in version (3)']],
    ['packages_modified', {}, ['Package (changed) of type (dpkg) changed from version (1) to (2-1)']],
  ])('%s %j', async (trigger, params, expected) => {
    expect(await messages(`tag_drift.${trigger}`, params, image)).toEqual(expected);
    expect(await messages(`tag_drift.${trigger}`, params, { packages: image.packages ?? [] })).toEqual([]);
  });
});
