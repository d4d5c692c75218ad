import { oneOf, pattern, required, text } from '../parameters/index.js';
import { defineGate, defineTrigger, type Finding } from './gate.js';

const path = required(text, { description: 'Path of a file that the analyzer keeps', example: '/etc/httpd.conf' });

const contentNotAvailable = defineTrigger({
  name: 'content_not_available',
  description: 'Fires when the analyzer did not keep the file',
  parameters: { path },
  async evaluate({ view }, values): Promise<Finding[]> {
    if (await view.retrievedFile(values.path)) return [];
    return [{ message: 'Cannot locate file in the image analysis' }];
  },
});

const contentRegex = defineTrigger({
  name: 'content_regex',
  description: 'Fires when a word of the file matches (match) or none does (no_match); words end at white space',
  parameters: {
    path,
    check: required(oneOf('match', 'no_match'), { description: 'When to fire', example: 'match' }),
    regex: required(pattern, { description: 'Regular expression for the words', example: '.*SSlEnabled.*' }),
  },
  async evaluate(context, { path: wanted, check, regex }): Promise<Finding[]> {
    const content = await context.view.retrievedFile(wanted);
    if (!content) return [];
    const words = Buffer.from(content).toString('utf8').matchAll(/\S+/g);
    let found = false;
    for (const [word] of words) {
      found = context.matches(regex, word);
      if (found) break;
    }
    if (found !== (check === 'match')) return [];
    const message = `Content regex '${regex.source}' check '${check}' found in retrieved file '${wanted}'`;
    return [{ message, triggerId: `${context.ruleId ?? 'None'}+file://${wanted}` }];
  },
});

/** Checks of files that the analyzer kept. */
export const retrievedFiles = defineGate({
  name: 'retrieved_files',
  description: 'Checks presence and content of files that the analyzer kept',
  triggers: [contentNotAvailable, contentRegex],
});
