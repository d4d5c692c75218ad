import type { ResolvedImage } from './image-source.js';
import { readConfig, type ConfigHistory } from './manifest/image-config.js';

/** One step of an image's making, oldest first. Keys and their order are part of the API. */
export interface HistoryElement {
  /** RFC 3339 as the builder wrote it, or empty. */
  Created: string;
  CreatedBy: string;
  Comment: string;
  /** Digest of the layer as stored, or `<missing>` for a step that made none. */
  Id: string;
  /** Bytes of the layer as stored; 0 without a layer. */
  Size: number;
  Tags: string[];
}

/**
 * Joins the config's history with the manifest's layers: each step that is not flagged empty takes the next layer. Layers
 * that no step claims (builders may leave the history out) get an element of their own, so that none is lost.
 *
 * @throws ImageError `invalid_manifest` when the config is not an image configuration.
 */
export function dockerHistory(image: Pick<ResolvedImage, 'config' | 'layers'>): HistoryElement[] {
  const layers = [...image.layers];
  const steps = readConfig(image.config).history ?? [];
  const elements = steps.map((step) => element(step, step.empty_layer === true ? undefined : layers.shift()));
  return [...elements, ...layers.map((layer) => element({}, layer))];
}

function element(step: ConfigHistory, layer?: { digest: string; size: number }): HistoryElement {
  return {
    Created: step.created ?? '',
    CreatedBy: step.created_by ?? '',
    Comment: step.comment ?? '',
    Id: layer?.digest ?? '<missing>',
    Size: layer?.size ?? 0,
    Tags: [],
  };
}

const NOP = /^\/bin\/sh -c #\(nop\) +/;
const BUILDKIT_MARK = / # buildkit\s*$/;
const INSTRUCTION =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s/;
/** `RUN |2 A=1 B=2 /bin/sh -c make`: build arguments and shell that BuildKit puts before the command. */
const BUILDKIT_RUN = /^RUN (?:\|\d+ [^]*?)?\/bin\/sh -c ([^]*)$/;

/**
 * A Dockerfile guessed from the history: `FROM scratch`, then a line a step. The classic builder writes instructions
 * behind `#(nop)` and anything else is a RUN. BuildKit (also kaniko) writes the instruction itself, to which it adds the
 * shell, build arguments and a mark; these are taken off, so a step reads as its author wrote it.
 */
export function guessDockerfile(history: readonly Pick<HistoryElement, 'CreatedBy'>[]): string {
  const lines = ['FROM scratch'];
  for (const { CreatedBy } of history) {
    const line = instruction(CreatedBy);
    if (line !== '') lines.push(line);
  }
  return lines.join('\n');
}

function instruction(command: string): string {
  if (command.trim() === '') return '';
  if (NOP.test(command)) return command.replace(NOP, '');
  if (!INSTRUCTION.test(command)) return `RUN ${command}`;
  const plain = command.replace(BUILDKIT_MARK, '');
  const run = BUILDKIT_RUN.exec(plain);
  return run ? `RUN ${run[1]}` : plain;
}
