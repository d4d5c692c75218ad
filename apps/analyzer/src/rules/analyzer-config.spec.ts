import { DEFAULT_RULES } from '@kedge/analysis';
import { parseAnalyzerConfig } from './analyzer-config.js';

const parse = (text: string) => parseAnalyzerConfig(text, 'analyzer_config.yaml');

it("reads the old system's file, and has defaults for what it does not say", () => {
  expect(parse('')).toEqual(DEFAULT_RULES);
  expect(
    parse(`
retrieve_files:
  file_list: ['/etc/passwd', etc/group]
  max_file_size_kb: 1000
secret_search:
  match_params: [MAXFILESIZE=20000, STOREONMATCH=n]
  regexp_match: ['API=(?i)api_key.*', "bare.*"]
content_search:
  regexp_match: ['WORD=^word']
malware:
  clamav: { enabled: false }
`),
  ).toEqual({
    retrieveFiles: { paths: ['/etc/passwd', 'etc/group'], maxFileSize: 1_024_000 },
    secretSearch: { patterns: ['API=(?i)api_key.*', 'bare.*'], maxFileSize: 20_000 },
    contentSearch: { patterns: ['WORD=^word'], maxFileSize: 10_000 },
  });
  expect(parse('retrieve_files:\nsecret_search: { regexp_match: [] }')).toEqual({});
});

it('tells all faults at once, each with its place', () => {
  const fault = (text: string) => {
    try {
      parse(text);
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  expect(fault('a: [')).toMatch(/is not valid YAML/);
  expect(fault('- list')).toMatch(/expected object/);
  expect(fault('retrieve_files: { file_list: 7 }\nsecret_search: { match_params: [[]] }')).toMatch(
    /retrieve_files\.file_list[^]*secret_search\.match_params\.0/,
  );
  expect(
    fault(
      "secret_search: { regexp_match: [ok, 'A=('], match_params: [MAXFILESIZE=x] }\ncontent_search: { regexp_match: ['(?=x)'] }",
    ),
  ).toMatch(/secret_search\.regexp_match\.1[^]*secret_search\.match_params\.0[^]*content_search\.regexp_match\.0/);
});
