import {
  boolean,
  describedAs,
  linked,
  numberList,
  oneOf,
  optional,
  pattern,
  required,
  text,
  withDefault,
} from '../parameters/index.js';
import type { UserPattern } from '../patterns/user-pattern.js';
import { dockerfileLines, hasActualDockerfile, type DockerfileLines } from './dockerfile-lines.js';
import { defineGate, defineTrigger, type Finding, type RuleContext } from './gate.js';

const INSTRUCTIONS = [
  ...['ADD', 'ARG', 'COPY', 'CMD', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER'],
  ...['ONBUILD', 'USER', 'RUN', 'SHELL', 'STOPSIGNAL', 'VOLUME', 'WORKDIR'],
] as const;

const CHECKS = ['=', '!=', 'exists', 'not_exists', 'like', 'not_like', 'in', 'not_in'] as const;

const listKind = oneOf('whitelist', 'blacklist');

const actualOnly = withDefault(boolean, false, {
  description: 'Look only at a Dockerfile that was given with the image, not at one made up from the image history',
  example: 'true',
});

const instruction = defineTrigger({
  name: 'instruction',
  description: 'Fires for each line of the instruction for which the check holds, or when the instruction is missing',
  parameters: {
    instruction: required(oneOf(...INSTRUCTIONS), { description: 'Instruction to look at', example: 'FROM' }),
    check: required(oneOf(...CHECKS), { description: 'How to compare the line with the value', example: '=' }),
    value: optional(describedAs(text, linked('check', { like: pattern, not_like: pattern }, text)), {
      description: 'What to compare with: a text, a regular expression (like) or texts between commas (in)',
      example: 'scratch',
    }),
    actual_dockerfile_only: actualOnly,
  },
  *evaluate(context, { instruction: name, check, value, actual_dockerfile_only: actual }): Generator<Finding> {
    const lines = linesFor(context, actual);
    if (!lines) return;
    if (check === 'not_exists') {
      if (lines.has(name)) return;
      yield { message: `Dockerfile directive '${name}' not found, matching condition 'not_exists' check` };
      return;
    }
    if (check !== 'exists' && value === null) return;
    const holds = comparison(context, check, value ?? '');
    const shown = typeof value === 'string' ? value : (value?.source ?? '');
    for (const line of lines.get(name) ?? []) {
      const argument = argumentOf(line, name);
      if (!holds(argument)) continue;
      const where = `matched against '${shown}' for line '${argument}'`;
      yield { message: `Dockerfile directive '${name}' check '${check}' ${where}` };
    }
  },
});

function comparison(
  context: RuleContext,
  check: (typeof CHECKS)[number],
  value: string | UserPattern,
): (argument: string) => boolean {
  if (typeof value !== 'string') return (argument) => context.matches(value, argument) === (check === 'like');
  if (check === '=') return (argument) => argument === value;
  if (check === '!=') return (argument) => argument !== value;
  if (check === 'exists') return () => true;
  const items = new Set(value.split(',').map((item) => item.trim()));
  return (argument) => items.has(argument) === (check === 'in');
}

const effectiveUser = defineTrigger({
  name: 'effective_user',
  description: 'Fires by the user that the last USER instruction sets; root when there is none',
  parameters: {
    users: required(text, { description: 'User names, separated by commas', example: 'root,docker' }),
    type: required(listKind, {
      description: 'whitelist: fire for any other user; blacklist: fire for these users',
      example: 'blacklist',
    }),
  },
  *evaluate(context, { users, type }): Generator<Finding> {
    const lines = context.once(dockerfileLines);
    if (!lines) return;
    const argument = argumentOf(lines.get('USER')?.at(-1) ?? 'USER root', 'USER');
    const user = /^\[?([^\]]+)\]?/.exec(argument)?.[1]?.trim();
    if (!user) return;
    const listed = users
      .split(',')
      .map((name) => name.trim())
      .includes(user);
    if (type === 'whitelist' && !listed)
      yield { message: `User ${user} found as effective user, which is not on the allowed list` };
    if (type === 'blacklist' && listed)
      yield { message: `User ${user} found as effective user, which is explicity not allowed` };
  },
});

const exposedPorts = defineTrigger({
  name: 'exposed_ports',
  description: 'Fires for ports of EXPOSE instructions: those listed (blacklist) or those not listed (whitelist)',
  parameters: {
    ports: required(numberList, { description: 'Port numbers', example: '80,8080,8088' }),
    type: required(listKind, { description: 'What the list means', example: 'blacklist' }),
    actual_dockerfile_only: actualOnly,
  },
  *evaluate(context, { ports, type, actual_dockerfile_only: actual }): Generator<Finding> {
    for (const line of linesFor(context, actual)?.get('EXPOSE') ?? []) {
      const exposed = argumentOf(line, 'EXPOSE').split(/\s+/).filter(Boolean);
      if (type === 'blacklist') {
        for (const port of ports) {
          const found = formsOf(port).find((form) => exposed.includes(form));
          if (found === undefined) continue;
          yield { message: `Dockerfile exposes port (${found}) which is in policy file DENIEDPORTS list` };
        }
      } else {
        const allowed = new Set(ports.flatMap(formsOf));
        for (const port of exposed.filter((token) => !allowed.has(token)))
          yield { message: `Dockerfile exposes port (${port}) which is not in policy file ALLOWEDPORTS list` };
      }
    }
  },
});

const noDockerfile = defineTrigger({
  name: 'no_dockerfile_provided',
  description: 'Fires when the image was added without its Dockerfile',
  parameters: {},
  evaluate: ({ view }) =>
    hasActualDockerfile(view) ? [] : [{ message: 'Image was not analyzed with an actual Dockerfile' }],
});

function linesFor(context: RuleContext, actualOnlyWanted: boolean): DockerfileLines | undefined {
  if (actualOnlyWanted && !hasActualDockerfile(context.view)) return undefined;
  return context.once(dockerfileLines);
}

function argumentOf(line: string, name: string): string {
  return line.slice(name.length).trim();
}

function formsOf(port: number): string[] {
  return [String(port), `${port}/tcp`, `${port}/udp`];
}

/** Checks of the Dockerfile that came with the image or was made up from its history. */
export const dockerfile = defineGate({
  name: 'dockerfile',
  description: 'Checks the Dockerfile that was given with the image, or else one made up from the image history',
  triggers: [instruction, effectiveUser, exposedPorts, noDockerfile],
});
