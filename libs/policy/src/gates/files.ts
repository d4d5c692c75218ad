import { boolean, octal, oneOf, optional, pattern, required, text, withDefault } from '../parameters/index.js';
import { oct } from '../python-text.js';
import { defineGate, defineTrigger, RuleFault, type Finding } from './gate.js';
import { searchHits } from './search-hits.js';

/** What stands for the digest of a path that has none. */
const NO_DIGEST = 'DIRECTORY_OR_OTHER';
const PERMISSIONS = 0o7777;
const SUID_OR_SGID = 0o6000;

const equality = oneOf('equals', 'not_equals');

const contentRegexMatch = defineTrigger({
  name: 'content_regex_match',
  description: 'Fires for each file and expression that the content search of the analyzer found',
  parameters: {
    regex_name: optional(text, {
      description: 'Name of an expression in the content_search section of the analyzer, or the expression itself',
      example: '.*password.*',
    }),
  },
  async *evaluate({ view }, { regex_name: wanted }): AsyncGenerator<Finding> {
    const encoded = Buffer.from(wanted ?? '').toString('base64');
    for await (const { path, key, decoded, name, expression } of searchHits(view, 'content_search')) {
      if (wanted && expression !== wanted && key.replaceAll('\n', '') !== encoded && name !== wanted) continue;
      const message = `File content analyzer found regexp match in container: file=${path} regexp=${decoded}`;
      yield { message };
    }
  },
});

const nameMatch = defineTrigger({
  name: 'name_match',
  description: 'Fires for each path in the image that the regular expression matches from its start on',
  parameters: {
    regex: required(pattern, { description: 'Regular expression for paths', example: String.raw`.*\.pem` }),
  },
  scan(context, { regex }) {
    return ({ path }) => {
      if (!context.matches(regex, path)) return undefined;
      const found = `file=${path} regexp=${regex.source}`;
      return { message: `Application of regex matched file found in container: ${found}` };
    };
  },
});

const attributeMatch = defineTrigger({
  name: 'attribute_match',
  description: 'Fires when a file has the given digest and mode; all conditions that are given must hold',
  parameters: {
    filename: required(text, { description: 'Path of the file', example: '/etc/passwd' }),
    checksum_algorithm: withDefault(oneOf('sha256'), 'sha256', { description: 'Kind of digest', example: 'sha256' }),
    checksum: optional(text, {
      description: 'Digest of the content, in hex',
      example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    }),
    checksum_match: withDefault(equality, 'equals', { description: 'How to compare digests', example: 'equals' }),
    mode: optional(octal, { description: 'Permission bits, octal', example: '00644' }),
    mode_op: withDefault(equality, 'equals', { description: 'How to compare modes', example: 'equals' }),
    skip_missing: withDefault(boolean, true, {
      description: 'false: fire when the file does not exist, whatever the other conditions',
      example: 'true',
    }),
  },
  async evaluate({ view }, values): Promise<Finding[]> {
    const { filename, checksum, checksum_match: checksumOp, mode, mode_op: modeOp } = values;
    const files = await view.filesAt([filename]);
    if (!files) throw noFileData();
    const [file] = files;
    if (!file) return values.skip_missing ? [] : [{ message: `filename=${filename} and skip_missing=False` }];
    const conditions: string[] = [];
    if (checksum) {
      const actual = file.sha256 ?? NO_DIGEST;
      if ((actual === checksum) !== (checksumOp === 'equals')) return [];
      conditions.push(`checksum=${actual} op=${checksumOp} specified_checksum=${checksum}`);
    }
    if (mode !== null) {
      const actual = file.mode & PERMISSIONS;
      if ((actual === mode) !== (modeOp === 'equals')) return [];
      conditions.push(`mode=${oct(actual)} op=${modeOp} specified_mode=${oct(mode)}`);
    }
    if (conditions.length === 0) return [];
    return [{ message: `filename=${filename} and ${conditions.join(' and ')}` }];
  },
});

const suidOrGuidSet = defineTrigger({
  name: 'suid_or_guid_set',
  description: 'Fires for each path whose mode has the set-user-id or set-group-id bit',
  parameters: {},
  scan:
    () =>
    ({ path, mode }) =>
      (mode & SUID_OR_SGID) === 0
        ? undefined
        : { message: `SUID or SGID found set on file ${path}. Mode: ${oct(mode)}` },
});

/** The image has no file data, so nothing can be said of its files. */
export function noFileData(): RuleFault {
  return new RuleFault('the image has no file data; load or analyze it again');
}

/** Checks of the image's files: contents, names, digests and modes. */
export const files = defineGate({
  name: 'files',
  description: 'Checks the files of the image: what the analyzer found in them, their names, digests and modes',
  triggers: [contentRegexMatch, nameMatch, attributeMatch, suidOrGuidSet],
});
