import { bundleOf, evaluate, findings, messages, rule } from '../testing/rule.js';

const encoded = (text: string) => Buffer.from(text).toString('base64');

const image = {
  files: [
    { path: '/bin/su', mode: 0o104755 },
    { path: '/etc/passwd', mode: 0o100644, sha256: 'ab'.repeat(32) },
    { path: '/etc/ssl/key.pem' },
    { path: '/tmp', type: 'dir', mode: 0o041777 },
  ],
  artifacts: {
    content_search: { '/app/x': { [encoded('PASSWORDS=.*password.*')]: [3], [encoded('.*token.*')]: [1] } },
  },
} as const satisfies Parameters<typeof messages>[2] & object;

const facts = { ...image, files: [...image.files] };

describe('files gate', () => {
  it('matches names from their start on', async () => {
    const name = (regex: string) => messages('files.name_match', { regex }, facts);
    expect(await name(String.raw`.*\.pem`)).toEqual([
      String.raw`Application of regex matched file found in container: file=/etc/ssl/key.pem regexp=.*\.pem`,
    ]);
    expect(await name('etc')).toEqual([]);
    expect(await name('/etc')).toHaveLength(2);
  });

  it('finds set-id bits', async () => {
    const [found, ...others] = await findings('files.suid_or_guid_set', {}, facts);
    expect(found?.message).toBe('SUID or SGID found set on file /bin/su. Mode: 0o104755');
    expect(others).toEqual([]);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ mode: '00644' }, ['filename=/etc/passwd and mode=0o644 op=equals specified_mode=0o644']],
    [
      { mode: '00600', mode_op: 'not_equals' },
      ['filename=/etc/passwd and mode=0o644 op=not_equals specified_mode=0o600'],
    ],
    [
      { checksum: 'ab'.repeat(32), mode: '644' },
      [
        `filename=/etc/passwd and checksum=${'ab'.repeat(32)} op=equals specified_checksum=${'ab'.repeat(32)}` +
          ' and mode=0o644 op=equals specified_mode=0o644',
      ],
    ],
    [{ checksum: 'ab'.repeat(32), mode: '600' }, []],
    [{ checksum: 'cd', checksum_algorithm: 'sha256' }, []],
    [
      { checksum: 'cd', checksum_match: 'not_equals' },
      [`filename=/etc/passwd and checksum=${'ab'.repeat(32)} op=not_equals specified_checksum=cd`],
    ],
    [
      { filename: '/etc/ssl/key.pem', checksum: 'cd', checksum_match: 'not_equals' },
      ['filename=/etc/ssl/key.pem and checksum=DIRECTORY_OR_OTHER op=not_equals specified_checksum=cd'],
    ],
    [{}, []],
    [{ filename: '/nowhere', mode: '600' }, []],
    [{ filename: '/nowhere', skip_missing: 'false' }, ['filename=/nowhere and skip_missing=False']],
  ])('compares attributes %j', async (params, expected) => {
    expect(await messages('files.attribute_match', { filename: '/etc/passwd', ...params }, facts)).toEqual(expected);
  });

  it('reports what the content search found, by name, expression or key', async () => {
    const search = (regex_name?: string) =>
      messages('files.content_regex_match', regex_name === undefined ? {} : { regex_name }, facts);
    expect(await search()).toEqual([
      'File content analyzer found regexp match in container: file=/app/x regexp=PASSWORDS=.*password.*',
      'File content analyzer found regexp match in container: file=/app/x regexp=.*token.*',
    ]);
    expect(await search('PASSWORDS')).toHaveLength(1);
    expect(await search('.*token.*')).toHaveLength(1);
    expect(await search('PASSWORDS=.*password.*')).toHaveLength(1);
    expect(await search('PASS')).toEqual([]);
  });

  it('reads all files once for any number of rules, and never when no rule asks for them', async () => {
    let passes = 0;
    const counting = { ...facts, onFiles: () => (passes += 1) };
    const rules = [
      rule('files.name_match', { regex: '/etc.*' }),
      rule('files.suid_or_guid_set'),
      rule('always.always'),
    ];
    const result = await evaluate(bundleOf(rules), counting);
    expect(result.policies[0]?.decisions).toHaveLength(4);
    expect(passes).toBe(1);
    await evaluate(bundleOf([rule('always.always'), rule('files.attribute_match', { filename: '/x' })]), counting);
    expect(passes).toBe(1);
  });

  it('stops when the image has no file data', async () => {
    const result = await evaluate(bundleOf([rule('files.suid_or_guid_set')]), { files: null });
    expect(result.finalAction).toBe('stop');
    expect(result.problems).toMatchObject([
      { severity: 'error', problem_type: 'TriggerEvaluationError', rule_id: 'r1' },
    ]);
  });
});
