/** What the policy engine keeps of an image beside packages and files. */
export interface ImageFacts {
  /** Hex of the config's digest; null when the document does not say. */
  imageId: string | null;
  /** Bytes; -1 when unknown. */
  size: number;
  distroName: string | null;
  distroVersion: string | null;
  likeDistro: string | null;
  architecture: string | null;
  os: string | null;
  layerCount: number;
  dockerfileMode: string | null;
  dockerfileContents: string | null;
  /** What was reported of the image's making: `docker_data`, `docker_history`, `layers`, `familytree`. */
  report: Record<string, unknown>;
}

type Json = Record<string, unknown>;

/** Joins `image_report` and the analyzer's `analyzer_meta` (policy spec 6.2). */
export function imageFacts(imageReport: unknown, analyzerMeta: unknown, imageId: unknown): ImageFacts {
  const report = object(imageReport);
  const meta = object(report['meta']);
  const distro = object(analyzerMeta);
  const dockerData = object(report['docker_data']);
  const layers = list(report['layers']);
  return {
    imageId: text(meta['imageId']) ?? text(imageId),
    size: number(meta['sizebytes']) ?? -1,
    distroName: text(distro['DISTRO']),
    distroVersion: text(distro['DISTROVERS']),
    likeDistro: text(distro['LIKEDISTRO']) ?? text(distro['DISTRO']),
    architecture: text(dockerData['Architecture']),
    os: text(dockerData['Os']) ?? text(dockerData['os']),
    layerCount: layers.length,
    dockerfileMode: text(report['dockerfile_mode']),
    dockerfileContents: text(report['dockerfile_contents']),
    report: {
      docker_data: dockerData,
      docker_history: list(report['docker_history']),
      layers,
      familytree: list(report['familytree']),
    },
  };
}

/** The value itself, or what its text says: old documents have JSON text inside of JSON. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A JSON object; empty for anything else. */
export function object(value: unknown): Json {
  const found = plain(value);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Json) : {};
}

/** A JSON array; empty for anything else. */
export function list(value: unknown): unknown[] {
  const found = plain(value);
  return Array.isArray(found) ? (found as unknown[]) : [];
}

/** A text that is not empty, or a number as text; null for anything else. */
export function text(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A whole number, also as text; null for anything else. */
export function number(value: unknown): number | null {
  if (typeof value === 'string' && !/^-?\d{1,15}$/.test(value.trim())) return null;
  const found = typeof value === 'string' ? Number(value) : value;
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : null;
}
