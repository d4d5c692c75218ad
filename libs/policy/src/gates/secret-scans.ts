import { oneOf, optional, pattern, text, withDefault } from '../parameters/index.js';
import { defineGate, defineTrigger, type Finding } from './gate.js';
import { searchHits, type SearchHit } from './search-hits.js';

const contentRegexChecks = defineTrigger({
  name: 'content_regex_checks',
  description: 'Fires for each secret that the analyzer found in a file, or once when it found none',
  parameters: {
    content_regex_name: optional(text, {
      description:
        'Name of an expression in the secret_search section of the analyzer, or several between commas: ' +
        'AWS_ACCESS_KEY, AWS_SECRET_KEY, PRIV_KEY, DOCKER_AUTH, API_KEY unless configured otherwise',
      example: 'AWS_ACCESS_KEY',
    }),
    filename_regex: optional(pattern, {
      description: 'Regular expression for the paths of files to look at',
      example: '/etc/.*',
    }),
    match_type: withDefault(oneOf('notfound', 'found'), 'found', {
      description: 'found: fire for each hit; notfound: fire when there is none',
      example: 'found',
    }),
  },
  async *evaluate(
    context,
    { content_regex_name: name, filename_regex: path, match_type: type },
  ): AsyncGenerator<Finding> {
    let found = false;
    for await (const hit of searchHits(context.view, 'secret_search')) {
      if (name && !isNamed(hit, name)) continue;
      if (path && !context.matches(path, hit.path)) continue;
      found = true;
      if (type === 'notfound') break;
      const where = `file=${hit.path} regexp=${hit.decoded}`;
      yield { message: `Secret content search analyzer found regexp match in container: ${where}` };
    }
    if (found || type === 'found') return;
    const filters = `filename_regex=${path?.source || '*'} content_regex_name=${name || 'all'}`;
    yield { message: `Secret content search analyzer did not find regexp match in container: ${filters}` };
  },
});

/** Lists like `AWS_ACCESS_KEY,PRIV_KEY` are in use: the given text names every expression whose name it contains. */
function isNamed(hit: SearchHit, given: string): boolean {
  return hit.expression === given || (hit.name !== null && hit.name !== '' && given.includes(hit.name));
}

/** Checks of the secrets that the analyzer found in files. */
export const secretScans = defineGate({
  name: 'secret_scans',
  description: 'Checks the secrets that the search of the analyzer found in files',
  triggers: [contentRegexChecks],
});
