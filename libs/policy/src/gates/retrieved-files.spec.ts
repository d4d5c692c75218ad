import type { ImageFacts } from '../testing/memory-image.js';
import { findings, messages } from '../testing/rule.js';

const image: ImageFacts = { retrieved: { '/etc/httpd.conf': 'Listen 80\n\tSSLEnabled=off # comment' } };

describe('retrieved_files gate', () => {
  const check = (params: Record<string, string>) =>
    findings('retrieved_files.content_regex', { path: '/etc/httpd.conf', ...params }, image);

  it('matches words from their start', async () => {
    expect(await check({ check: 'match', regex: 'SSL' })).toMatchObject([
      {
        triggerId: 'r1+file:///etc/httpd.conf',
        message: "Content regex 'SSL' check 'match' found in retrieved file '/etc/httpd.conf'",
      },
    ]);
    expect(await check({ check: 'match', regex: 'Listen 80' })).toEqual([]);
    expect(await check({ check: 'match', regex: 'off' })).toEqual([]);
    expect(await check({ check: 'no_match', regex: 'off' })).toHaveLength(1);
    expect(await check({ check: 'no_match', regex: 'off', path: '/none' })).toEqual([]);
  });

  it('says that the file was not kept', async () => {
    const missing = (path: string) => messages('retrieved_files.content_not_available', { path }, image);
    expect(await missing('/none')).toEqual(['Cannot locate file in the image analysis']);
    expect(await missing('/etc/httpd.conf')).toEqual([]);
  });
});
