import type { ImageFacts } from '../testing/memory-image.js';
import { messages } from '../testing/rule.js';

describe('licenses', () => {
  const image: ImageFacts = {
    packages: [
      { name: 'a', license: 'Apache License 2.0' },
      { name: 'b', license: 'LGPL-2 GPL-3+' },
      { name: 'c', license: null },
    ],
  };

  it('matches words exactly or in part', async () => {
    expect(await messages('licenses.blacklist_exact_match', { licenses: 'GPL-3+,Apache' }, image)).toEqual([
      'LICFULLMATCH Packages are installed that have blacklisted licenses: a(Apache), b(GPL-3+)',
    ]);
    expect(await messages('licenses.blacklist_partial_match', { licenses: 'GPL' }, image)).toEqual([
      'LICSUBMATCH Packages are installed that have blacklisted licenses: b(LGPL-2), b(GPL-3+)',
    ]);
    expect(await messages('licenses.blacklist_exact_match', { licenses: 'MIT' }, image)).toEqual([]);
  });
});
