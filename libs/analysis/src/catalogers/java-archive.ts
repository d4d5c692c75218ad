import { fromBuffer, type Entry, type ZipFile } from 'yauzl';

/** What is read of one Java archive. */
export interface JavaArchive {
  /** `''` for the file itself, `:WEB-INF/lib/a.jar` for an archive inside. */
  suffix: string;
  manifest: Record<string, string>;
  poms: { groupId: string; artifactId: string; version: string }[];
}

const ARCHIVE = /\.(?:jar|war|ear|jpi|hpi)$/i;
const MAX_DEPTH = 3;
const MAX_ENTRIES = 200_000;
const MAX_TEXT = 1024 * 1024;

/** What is left to spend on one outermost archive, nested ones included. */
interface Budget {
  bytes: number;
  entries: number;
}

/** True for a path that is a Java archive by its ending (jar, war, ear, jpi, hpi). */
export function isJavaArchive(path: string): boolean {
  return ARCHIVE.test(path);
}

/**
 * Reads manifests and `pom.properties` of an archive and of the archives in it, three levels deep. `maxBytes` bounds the
 * sum of everything that is inflated. Throws when the archive is damaged or a bound is passed.
 */
export async function readJavaArchive(content: Buffer, maxBytes: number): Promise<JavaArchive[]> {
  return readLevel(content, '', 0, { bytes: maxBytes, entries: MAX_ENTRIES });
}

async function readLevel(content: Buffer, suffix: string, depth: number, budget: Budget): Promise<JavaArchive[]> {
  const zip = await open(content);
  const archive: JavaArchive = { suffix, manifest: {}, poms: [] };
  const nested: JavaArchive[] = [];
  try {
    for (let entry = await next(zip); entry; entry = await next(zip)) {
      if ((budget.entries -= 1) < 0) throw new Error(`more than ${MAX_ENTRIES} entries`);
      const name = entry.fileName;
      if (name === 'META-INF/MANIFEST.MF') {
        archive.manifest = parseManifest((await read(zip, entry, budget, MAX_TEXT)).toString('utf8'));
      } else if (name.endsWith('pom.properties')) {
        const pom = parsePom((await read(zip, entry, budget, MAX_TEXT)).toString('utf8'));
        if (pom) archive.poms.push(pom);
      } else if (isJavaArchive(name) && depth < MAX_DEPTH) {
        const inner = await read(zip, entry, budget, budget.bytes);
        nested.push(...(await readLevel(inner, `${suffix}:${name}`, depth + 1, budget)));
      }
    }
  } finally {
    zip.close();
  }
  return [archive, ...nested];
}

/** Main and named sections of a manifest in one map, the later one wins (JAR File Specification). */
export function parseManifest(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.replace(/\r\n?/g, '\n').replace(/\n /g, '').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && /^[A-Za-z0-9_-]+$/.test(line.slice(0, colon)))
      fields[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return fields;
}

/** Coordinates of `pom.properties`; undefined without artifact id or version. */
export function parsePom(text: string): JavaArchive['poms'][number] | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!=:\s][^=:\s]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match) fields.set(match[1] ?? '', match[2] ?? '');
  }
  const artifactId = fields.get('artifactId') ?? '';
  const version = fields.get('version') ?? '';
  return artifactId === '' || version === ''
    ? undefined
    : { groupId: fields.get('groupId') ?? '', artifactId, version };
}

function open(content: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromBuffer(content, { lazyEntries: true }, (error, zip) =>
      zip ? resolve(zip) : reject(error ?? new Error('no zip')),
    );
  });
}

function next(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => {
      zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
      act();
    };
    zip.once('entry', (entry: Entry) => done(() => resolve(entry)));
    zip.once('end', () => done(() => resolve(undefined)));
    zip.once('error', (error: Error) => done(() => reject(error)));
    zip.readEntry();
  });
}

async function read(zip: ZipFile, entry: Entry, budget: Budget, limit: number): Promise<Buffer> {
  if (entry.uncompressedSize > Math.min(limit, budget.bytes)) {
    throw new Error(`${entry.fileName} has ${entry.uncompressedSize} bytes, more than are looked at`);
  }
  budget.bytes -= entry.uncompressedSize;
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (opened ? resolve(opened) : reject(error ?? new Error('no stream'))));
  });
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer); // yauzl ends the stream with an error past uncompressedSize
  return Buffer.concat(pieces);
}
