import { compilePattern, DEFAULT_RULES, type AnalysisRules, type SearchRules } from '@kedge/analysis';
import { ConfigError, redact, type ConfigProblem } from '@kedge/config';
import { parseDocument } from 'yaml';
import { z } from 'zod';

const DEFAULT_SEARCH_BYTES = 10_000;
const MAX_ENTRIES = 1000;

const texts = z.array(z.string('must be a text')).max(MAX_ENTRIES).nullish();
const search = z.looseObject({ match_params: texts, regexp_match: texts }).nullish();
const schema = z.looseObject({
  retrieve_files: z
    .looseObject({
      file_list: texts,
      max_file_size_kb: z.coerce.number('must be a number of kilobytes').int().min(0).nullish(),
    })
    .nullish(),
  secret_search: search,
  content_search: search,
});

type SearchSection = z.output<typeof search>;

/**
 * Reads the text of an `analyzer_config.yaml` (analyzer spec 1.2, 7.4, 7.5): which files to retrieve, which patterns to
 * search for. Sections that are absent have their defaults; a section without paths or patterns switches its step off.
 * Other sections, such as the old system's `malware`, are ignored.
 *
 * @throws ConfigError with all faults at once; patterns are proven by compiling them.
 */
export function parseAnalyzerConfig(text: string, file: string): AnalysisRules {
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault) throw new ConfigError(file, [{ path: '', message: `is not valid YAML: ${fault.message.split('\n')[0]}` }]);
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new ConfigError(
      file,
      parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
    );
  }
  const problems: ConfigProblem[] = [];
  const { retrieve_files: retrieve, secret_search: secrets, content_search: content } = parsed.data;
  const rules: AnalysisRules = {};
  const retrieveFiles = retrieve === undefined ? DEFAULT_RULES.retrieveFiles : retrieval(retrieve);
  const secretSearch = secrets === undefined ? DEFAULT_RULES.secretSearch : searchRules('secret_search', secrets);
  const contentSearch = searchRules('content_search', content);
  if (retrieveFiles) rules.retrieveFiles = retrieveFiles;
  if (secretSearch) rules.secretSearch = secretSearch;
  if (contentSearch) rules.contentSearch = contentSearch;
  if (problems.length > 0) throw new ConfigError(file, problems);
  return rules;

  function searchRules(path: string, section: SearchSection): SearchRules | undefined {
    const patterns = section?.regexp_match ?? [];
    for (const [index, pattern] of patterns.entries()) {
      try {
        compilePattern(pattern);
      } catch (error) {
        problems.push({ path: `${path}.regexp_match.${index}`, message: (error as Error).message });
      }
    }
    const maxFileSize = largestFile(path, section?.match_params ?? []);
    return patterns.length > 0 ? { patterns, maxFileSize } : undefined;
  }

  /** `MAXFILESIZE=<bytes>`; other parameters were never used. */
  function largestFile(path: string, parameters: readonly string[]): number {
    let bytes = DEFAULT_SEARCH_BYTES;
    for (const [index, parameter] of parameters.entries()) {
      const given = /^\s*MAXFILESIZE\s*=(.*)$/.exec(parameter)?.[1]?.trim();
      if (given === undefined) continue;
      if (/^\d{1,15}$/.test(given)) bytes = Number(given);
      else {
        problems.push({
          path: `${path}.match_params.${index}`,
          message: 'MAXFILESIZE must be a number of bytes',
          value: redact('', parameter),
        });
      }
    }
    return bytes;
  }
}

function retrieval(section: z.output<typeof schema>['retrieve_files']): AnalysisRules['retrieveFiles'] {
  const paths = section?.file_list ?? [];
  if (paths.length === 0) return undefined;
  const kilobytes = section?.max_file_size_kb;
  return typeof kilobytes === 'number' ? { paths, maxFileSize: kilobytes * 1024 } : { paths };
}
