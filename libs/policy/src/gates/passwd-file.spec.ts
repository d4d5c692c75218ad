import type { ImageFacts } from '../testing/memory-image.js';
import { messages } from '../testing/rule.js';

const PASSWD = [
  'root:x:0:0:root:/root:/bin/sh',
  '',
  'broken',
  'ftp:x:13:49:old:/:/bin/false',
  'app:x:1000:20::/:/bin/bash',
  'ftp:x:14:50:FTP User:/var/ftp:/sbin/nologin',
].join('\n');

const image: ImageFacts = { retrieved: { '/etc/passwd': PASSWD } };
const app = 'app:x:1000:20::/:/bin/bash';
const ftp = 'ftp:x:14:50:FTP User:/var/ftp:/sbin/nologin';

describe('passwd_file gate', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['blacklist_usernames', { user_names: 'app, none' }, [`user 'app' found in image's /etc/passwd: pentry=${app}`]],
    ['blacklist_usernames', { UserNameBlacklist: 'app' }, [`user 'app' found in image's /etc/passwd: pentry=${app}`]],
    ['blacklist_userids', { user_ids: '1000,13' }, [`uid '1000' found in image's /etc/passwd: pentry=${app}`]],
    ['blacklist_groupids', { group_ids: '50' }, [`gid '50' found in image's /etc/passwd: pentry=${ftp}`]],
    ['blacklist_shells', { shells: '/bin/bash' }, [`shell '/bin/bash' found in image's /etc/passwd: pentry=${app}`]],
    ['shellmatch', { shells: '/bin/zsh' }, []],
    ['blacklist_full_entry', { entry: ftp }, [`pentry '${ftp}' found in image's /etc/passwd: pentry=${ftp}`]],
    ['content_not_available', {}, []],
  ])('%s %j', async (trigger, params, expected) => {
    const found = await messages(`passwd_file.${trigger}`, params, image);
    expect(found).toEqual(expected.map((text) => `Blacklisted ${text}`));
  });

  it('says that there is no passwd file', async () => {
    expect(await messages('passwd_file.content_not_available', {}, {})).toEqual([
      'Cannot locate /etc/passwd in image stored files archive: check analyzer settings.',
    ]);
    expect(await messages('passwd_file.blacklist_userids', { user_ids: '0' }, {})).toEqual([]);
  });
});
