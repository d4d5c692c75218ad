import type { ImageView } from '../image-view.js';
import { splitLines } from '../python-text.js';

/** Instructions of a Dockerfile: name in upper case -> its whole lines, continuations joined. */
export type DockerfileLines = ReadonlyMap<string, readonly string[]>;

/**
 * The image's Dockerfile by instruction, or undefined when there is none or its origin is unknown. Continuation lines
 * are joined to one line without their backslash; blank lines, comments and the bodies of here-documents are left out.
 */
export function dockerfileLines(view: ImageView): DockerfileLines | undefined {
  const { dockerfileMode, dockerfileContents } = view;
  if (dockerfileMode === null || dockerfileMode === 'Unknown' || !dockerfileContents) return undefined;
  const lines = new Map<string, string[]>();
  for (const line of instructions(dockerfileContents)) {
    const name = (/^\S+/.exec(line)?.[0] ?? '').toUpperCase();
    const known = lines.get(name);
    if (known) known.push(line);
    else lines.set(name, [line]);
  }
  return lines.size > 0 ? lines : undefined;
}

function* instructions(contents: string): Generator<string> {
  let parts: string[] = [];
  let hereDocuments: string[] = [];
  for (const raw of splitLines(contents)) {
    const line = raw.trim();
    if (hereDocuments.length > 0) {
      if (line === hereDocuments[0]) hereDocuments.shift();
      continue;
    }
    if (line === '' || line.startsWith('#')) continue;
    const continued = line.endsWith('\\');
    parts.push(continued ? line.slice(0, -1) : line);
    if (continued) continue;
    const instruction = parts.join('');
    parts = [];
    hereDocuments = hereDocumentsOf(instruction);
    yield instruction;
  }
  if (parts.length > 0) yield parts.join('');
}

function hereDocumentsOf(instruction: string): string[] {
  if (!/^(?:RUN|COPY|ADD)\s/i.test(instruction)) return [];
  return [...instruction.matchAll(/<<-?(["']?)([A-Za-z_]\w*)\1/g)].map((match) => match[2] ?? '');
}

/** True when the Dockerfile was given with the image, not made up from its history. */
export function hasActualDockerfile(view: ImageView): boolean {
  return view.dockerfileMode === 'Actual';
}
