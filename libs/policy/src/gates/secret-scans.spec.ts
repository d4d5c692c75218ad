import type { ImageFacts } from '../testing/memory-image.js';
import { messages } from '../testing/rule.js';

const encoded = (text: string) => Buffer.from(text).toString('base64');

describe('secret_scans', () => {
  const image: ImageFacts = {
    artifacts: {
      secret_search: {
        '/etc/a': { [encoded('AWS_ACCESS_KEY=(?i).*aws.*')]: [1] },
        '/root/b': { [encoded('PRIV_KEY=-+BEGIN')]: [1, 2] },
      },
    },
  };
  const check = (params: Record<string, string>) => messages('secret_scans.content_regex_checks', params, image);
  const found = 'Secret content search analyzer found regexp match in container:';

  it.each<[Record<string, string>, string[]]>([
    [{}, [`${found} file=/etc/a regexp=AWS_ACCESS_KEY=(?i).*aws.*`, `${found} file=/root/b regexp=PRIV_KEY=-+BEGIN`]],
    [{ content_regex_name: 'PRIV_KEY' }, [`${found} file=/root/b regexp=PRIV_KEY=-+BEGIN`]],
    [{ content_regex_name: 'KEY' }, []],
    [{ filename_regex: '/etc/.*' }, [`${found} file=/etc/a regexp=AWS_ACCESS_KEY=(?i).*aws.*`]],
    [{ match_type: 'notfound' }, []],
    [
      { match_type: 'notfound', content_regex_name: 'API_KEY' },
      [
        'Secret content search analyzer did not find regexp match in container: filename_regex=* content_regex_name=API_KEY',
      ],
    ],
  ])('answers %j', async (params, expected) => {
    expect(await check(params)).toEqual(expected);
  });

  it('takes a list of names', async () => {
    expect(await check({ content_regex_name: 'AWS_ACCESS_KEY,PRIV_KEY' })).toHaveLength(2);
  });
});
