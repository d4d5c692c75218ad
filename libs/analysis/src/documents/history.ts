/** One step of an image's history, base first, in the key order readers know. */
export interface HistoryItem {
  Created: string;
  CreatedBy: string;
  Comment: string;
  /** Digest of the layer that the step made, or `<missing>`. */
  Id: string;
  /** Bytes of that layer's blob. */
  Size: number;
  Tags: string[];
}

/** What BuildKit puts after the instructions of a Dockerfile. */
const BUILDKIT = '# buildkit';

interface ConfigHistory {
  created?: string;
  created_by?: string;
  comment?: string;
  empty_layer?: boolean;
}

/**
 * Joins the `history` of an image config (OCI image configuration) with the manifest's layers: a step flagged
 * `empty_layer` takes none, any other the next one. Without a history there is one empty item a layer.
 */
export function imageHistory(
  config: { history?: ConfigHistory[] | null },
  layers: readonly { digest: string; size: number }[],
): HistoryItem[] {
  const steps: ConfigHistory[] = config.history?.length ? config.history : layers.map(() => ({}));
  let next = 0;
  return steps.map((step) => {
    const layer = step.empty_layer ? undefined : layers[next++];
    return {
      Created: step.created ?? '',
      CreatedBy: step.created_by ?? '',
      Comment: step.comment ?? '',
      Id: layer?.digest ?? '<missing>',
      Size: layer?.size ?? 0,
      Tags: [],
    };
  });
}

/**
 * Guesses the Dockerfile from the history: `FROM scratch`, then one line for each step that has a command. Steps of
 * BuildKit (`RUN /bin/sh -c ... # buildkit`) are taken as the instruction that they are.
 */
export function guessDockerfile(history: readonly HistoryItem[]): string {
  const lines = ['FROM scratch'];
  for (const { CreatedBy: command } of history) {
    const instruction = /^\/bin\/sh -c #\(nop\) +([^]*)$/.exec(command)?.[1];
    const buildkit =
      /^[A-Z]+ /.test(command) && command.endsWith(BUILDKIT) ? command.slice(0, -BUILDKIT.length).trimEnd() : undefined;
    if (instruction !== undefined) lines.push(instruction);
    else if (buildkit !== undefined) lines.push(buildkit.replace(/^RUN (?:\|\d+ .*? )?\/bin\/sh -c /, 'RUN '));
    else if (
      /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR) /.test(
        command,
      )
    )
      lines.push(command);
    else if (command.trim() !== '') lines.push(`RUN ${command}`);
  }
  return lines.join('\n');
}

/** `dockerfile_to_layer_map`: which layer each step made. */
export function layerMap(history: readonly HistoryItem[]) {
  return history.map((step) => ({
    layer: step.Id === '<missing>' ? 'unknown' : step.Id.replace(/^sha256:/, ''),
    dockerfile_line: step.CreatedBy.replace('/bin/sh -c #(nop) ', ''),
    layer_sizebytes: String(step.Size),
  }));
}
