import { readFileSync } from 'node:fs';
import type { ConfigProblem } from './errors.js';

const PLACEHOLDER = /\$\{(ANCHORE[A-Za-z0-9_]*)\}/g;

/** How a problem about a variable begins. */
export const UNSET = /^environment variable /;

/**
 * `ANCHORE*` variables of the process, plus those of the file named by `ANCHORE_ENV_FILE`; the process wins. A file that
 * cannot be read is added to `problems`.
 */
export function anchoreVariables(env: NodeJS.ProcessEnv, problems: ConfigProblem[]): Map<string, string> {
  const found = new Map<string, string>();
  if (env.ANCHORE_ENV_FILE) {
    for (const line of linesOf(env.ANCHORE_ENV_FILE, problems)) {
      const match = /^\s*(ANCHORE[A-Za-z0-9_]*)=(.*)$/.exec(line);
      if (match?.[1] !== undefined) found.set(match[1], (match[2] ?? '').trim().replace(/^(['"])(.*)\1$/, '$2'));
    }
  }
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('ANCHORE') && value !== undefined) found.set(name, value);
  }
  return found;
}

function linesOf(file: string, problems: ConfigProblem[]): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    problems.push({ path: '', message: `environment variable ANCHORE_ENV_FILE: ${file} cannot be read (${reason})` });
    return [];
  }
}

/**
 * Replaces `${ANCHORE_...}` inside the scalars of a parsed document, so a value can never change the document's shape.
 * A scalar that is nothing but one placeholder takes the YAML type of its value (`true`, `12`, `null`). Every unset
 * variable is added to `problems` with its path.
 */
export function substitute(
  node: unknown,
  variables: ReadonlyMap<string, string>,
  problems: ConfigProblem[],
  path = '',
): unknown {
  if (Array.isArray(node)) return node.map((item, index) => substitute(item, variables, problems, `${path}[${index}]`));
  if (node !== null && typeof node === 'object') {
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        substitute(value, variables, problems, path ? `${path}.${key}` : key),
      ]),
    );
  }
  if (typeof node !== 'string') return node;
  let replaced = false;
  const text = node.replace(PLACEHOLDER, (whole, name: string) => {
    const value = variables.get(name);
    if (value === undefined) {
      problems.push({
        path,
        message: `environment variable ${name} is not set; export it or put it into the file named by ANCHORE_ENV_FILE`,
      });
      return whole;
    }
    replaced = true;
    return value;
  });
  if (!replaced || !/^\$\{[^}]*\}$/.test(node)) return text;
  return scalar(text);
}

function scalar(text: string): unknown {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^(null|Null|NULL|~|)$/.test(text)) return null;
  if (/^[+-]?(0|[1-9]\d*)$/.test(text)) return Number(text);
  return text;
}
