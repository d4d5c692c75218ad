/** A pull string in its parts, as mappings look at them. */
export interface PullString {
  registry: string;
  repository: string;
  /** Null when the string names a digest and no tag. */
  tag: string | null;
  digest: string | null;
}

/** Tag of an evaluation that was asked for without one. */
export const ANY_TAG = '*/*:*';

/**
 * Takes a pull string apart without judging it (policy spec 3.3): the registry is docker.io when the first part is no
 * host, the tag is `latest` when nothing is said. Short names get no `library/`; `dockerhub/` means docker.io.
 */
export function parsePullString(input: string): PullString {
  const text = input.startsWith('dockerhub/') ? `docker.io/${input.slice('dockerhub/'.length)}` : input;
  const [name = '', digest = null] = splitAt(text, text.indexOf('@'));
  const colon = name.lastIndexOf(':');
  const [path = '', tag = null] = splitAt(name, colon > name.lastIndexOf('/') ? colon : -1);
  const [first = '', rest = null] = splitAt(path, path.indexOf('/'));
  const hasHost = rest !== null && (/[.:]/.test(first) || first === 'localhost');
  return {
    registry: hasHost ? first : 'docker.io',
    repository: hasHost ? rest : path,
    tag: tag ?? (digest === null ? 'latest' : null),
    digest,
  };
}

function splitAt(text: string, index: number): [string, string?] {
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
