import type { ImageView } from '../image-view.js';
import { numberList, required, text, textList } from '../parameters/index.js';
import { splitLines } from '../python-text.js';
import { defineGate, defineTrigger, type Finding, type RuleContext } from './gate.js';

/** Places of the fields in a line of /etc/passwd (passwd(5)). */
const USER = 0;
const UID = 2;
const GID = 3;
const SHELL = 6;

/** Lines of the image's /etc/passwd in fields; of lines for one user the last one counts. Undefined: no content. */
async function passwdEntries(view: ImageView): Promise<string[][] | undefined> {
  const content = await view.retrievedFile('/etc/passwd');
  if (!content) return undefined;
  const entries = new Map<string, string[]>();
  for (const line of splitLines(Buffer.from(content).toString('utf8'))) {
    const fields = line.trim().split(':');
    const user = fields[USER];
    if (user !== undefined && fields.length > 1) entries.set(user, fields);
  }
  return entries.size > 0 ? [...entries.values()] : undefined;
}

async function* refused(
  context: RuleContext,
  what: string,
  candidate: (fields: readonly string[]) => string | undefined,
  list: readonly string[],
): AsyncGenerator<Finding> {
  const refusedTexts = new Set(list);
  for (const fields of (await context.once(passwdEntries)) ?? []) {
    const value = candidate(fields);
    if (value === undefined || !refusedTexts.has(value)) continue;
    yield { message: `Blacklisted ${what} '${value}' found in image's /etc/passwd: pentry=${fields.join(':')}` };
  }
}

const contentNotAvailable = defineTrigger({
  name: 'content_not_available',
  description: 'Fires when the analyzer did not keep /etc/passwd',
  parameters: {},
  async evaluate(context): Promise<Finding[]> {
    if (await context.once(passwdEntries)) return [];
    return [{ message: 'Cannot locate /etc/passwd in image stored files archive: check analyzer settings.' }];
  },
});

const userNames = defineTrigger({
  name: 'blacklist_usernames',
  description: 'Fires for each of these users in /etc/passwd',
  parameters: {
    user_names: required(textList, {
      description: 'User names',
      example: 'daemon,ftp',
      aliases: ['usernameblacklist'],
    }),
  },
  evaluate: (context, values) => refused(context, 'user', (fields) => fields[USER], values.user_names),
});

const userIds = defineTrigger({
  name: 'blacklist_userids',
  description: 'Fires for each of these user ids in /etc/passwd',
  parameters: {
    user_ids: required(numberList, { description: 'User ids', example: '0,1', aliases: ['useridblacklist'] }),
  },
  evaluate: (context, values) => refused(context, 'uid', (fields) => fields[UID], values.user_ids.map(String)),
});

const groupIds = defineTrigger({
  name: 'blacklist_groupids',
  description: 'Fires for each user in /etc/passwd with one of these group ids',
  parameters: { group_ids: required(numberList, { description: 'Group ids', example: '999,20' }) },
  evaluate: (context, values) => refused(context, 'gid', (fields) => fields[GID], values.group_ids.map(String)),
});

const shells = defineTrigger({
  name: 'blacklist_shells',
  aliases: ['shellmatch'],
  description: 'Fires for each user in /etc/passwd with one of these login shells',
  parameters: { shells: required(textList, { description: 'Login shells', example: '/bin/bash,/bin/zsh' }) },
  evaluate: (context, values) => refused(context, 'shell', (fields) => fields[SHELL], values.shells),
});

const fullEntry = defineTrigger({
  name: 'blacklist_full_entry',
  description: 'Fires when /etc/passwd has this very line',
  parameters: {
    entry: required(text, {
      description: 'A line of /etc/passwd',
      example: 'ftp:x:14:50:FTP User:/var/ftp:/sbin/nologin',
    }),
  },
  evaluate: (context, values) => refused(context, 'pentry', (fields) => fields.join(':'), [values.entry.trim()]),
});

/** Checks of /etc/passwd. */
export const passwdFile = defineGate({
  name: 'passwd_file',
  description: 'Checks users, ids and shells in the /etc/passwd that the analyzer kept',
  triggers: [contentNotAvailable, userNames, userIds, groupIds, shells, fullEntry],
});
