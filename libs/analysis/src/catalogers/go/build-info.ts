import { byteReader } from './byte-reader.js';
import { parseExecutables, readAt, type Executable } from './executable.js';

/** A module that a program was built from. */
export interface GoModule {
  path: string;
  version: string;
  /** `h1:...`; '' when not stated. */
  sum: string;
}

/** What a Go program says of itself. */
export interface GoBuildInfo {
  /** `go1.22.1` */
  goVersion: string;
  /** GOARCH */
  architecture: string;
  /** Dependencies with replacements applied; the main module is not among them. */
  modules: GoModule[];
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const ALIGN = 16;
const HEADER = 32;
/** Marks 16 bytes long stand before and after the module text. */
const MARK = 16;
const MAX_MATCHES = 1000;
const MAX_MODULES = 100_000;
const MAX_TEXT = 8 * 1024 * 1024;

/** Build ids: a note in ELF files, a text at the start of the code in others. */
const NOTES = ['\x04\0\0\0Go\0\0', '\0\0\0\x04Go\0\0'].map((note) => Buffer.from(note, 'latin1'));
const BUILD_ID = Buffer.from('\xff Go build ID: "', 'latin1');
const GNU_NOTE = Buffer.from('GNU\0', 'latin1');

/**
 * True when an executable that starts with `head` may be made by Go. Its linker leaves a build id at the start unless it
 * is told not to; an ELF program with neither that nor the marks of the GNU tools may still be one.
 */
export function mayBeGo(head: Buffer): boolean {
  if (head.length < 64) return false;
  switch (head.readUInt32BE(0)) {
    case 0x7f454c46: {
      const type = head[5] === 2 ? head.readUInt16BE(16) : head.readUInt16LE(16);
      if (type !== 2 && type !== 3) return false; // neither program nor shared object
      return NOTES.some((note) => head.includes(note)) || !head.includes(GNU_NOTE);
    }
    case 0xcafebabe:
      return head.readUInt32BE(4) <= 16; // programs; of a Java class this is the version
    default:
      return head.includes(BUILD_ID);
  }
}

/**
 * The build information of a Go program of version 1.13 or later, as `go version -m` shows it: two strings that lie
 * inline (Go 1.18 and later) or behind pointers. Undefined for programs without it. Headers that are cut off throw.
 */
export function readBuildInfo(bytes: Buffer): GoBuildInfo | undefined {
  for (const executable of parseExecutables(bytes)) {
    for (const blob of candidates(executable)) {
      const texts = readTexts(executable, blob);
      if (texts) return describe(executable, texts.version, texts.modules);
    }
  }
  return undefined;
}

/** Places that look like build information: in its section, else in data, where nothing but it is aligned so. */
function* candidates(executable: Executable): Generator<Buffer> {
  const { section, segments } = executable;
  const ranges = section ? [section] : segments.filter((segment) => segment.data);
  let matches = 0;
  for (const { address, size } of ranges) {
    const data = readAt(executable, address, size);
    if (!data) continue;
    for (let at = data.indexOf(MAGIC); at >= 0; at = data.indexOf(MAGIC, at + 1)) {
      if ((matches += 1) > MAX_MATCHES) return;
      if ((address + at) % ALIGN === 0 && at + HEADER <= data.length) yield data.subarray(at);
    }
  }
}

function readTexts(executable: Executable, blob: Buffer): { version: string; modules: Buffer } | undefined {
  const flags = blob[15] ?? 0;
  if ((flags & 2) !== 0) {
    const version = inlineText(blob, HEADER);
    const modules = version && inlineText(blob, version.end);
    return version && modules && { version: version.text.toString('utf8'), modules: modules.text };
  }
  const size = blob[14] ?? 0;
  if (size !== 4 && size !== 8) return undefined;
  const version = pointedText(executable, blob, 16, size);
  const modules = pointedText(executable, blob, 16 + size, size);
  return version && { version: version.toString('utf8'), modules: modules ?? Buffer.alloc(0) };
}

/** A length as a varint (little-endian groups of seven bits) and so many bytes. */
function inlineText(blob: Buffer, start: number): { text: Buffer; end: number } | undefined {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = blob[start + i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      const from = start + i + 1;
      return from + length > blob.length ? undefined : { text: blob.subarray(from, from + length), end: from + length };
    }
  }
  return undefined;
}

/** A pointer to a string header, which is a pointer and a length. */
function pointedText(executable: Executable, blob: Buffer, at: number, size: number): Buffer | undefined {
  const little = ((blob[15] ?? 0) & 1) === 0;
  const wide = size === 8;
  const header = readAt(executable, byteReader(blob, little).word(at, wide), 2 * size);
  if (!header) return undefined;
  const fields = byteReader(header, little);
  return readAt(executable, fields.word(0, wide), fields.word(size, wide));
}

function describe(executable: Executable, version: string, marked: Buffer): GoBuildInfo {
  const info: GoBuildInfo = { goVersion: version, architecture: executable.architecture, modules: [] };
  // The text ends with a newline before its mark, or there is none.
  if (marked.length <= 2 * MARK || marked.length > MAX_TEXT || marked[marked.length - MARK - 1] !== 0x0a) return info;
  let previous: GoModule | undefined;
  for (const line of marked.toString('utf8', MARK, marked.length - MARK).split('\n')) {
    const [kind, path = '', moduleVersion = '', sum = ''] = line.split('\t');
    if (kind === 'dep' && path !== '') {
      if (info.modules.length === MAX_MODULES) break;
      previous = { path, version: moduleVersion, sum };
      info.modules.push(previous);
    } else if (kind === '=>' && previous) {
      // A directory in place of a module is a copy of it, and has no version that means anything elsewhere.
      if (moduleVersion !== '' && !/^\.{0,2}\//.test(path))
        Object.assign(previous, { path, version: moduleVersion, sum });
    } else if (kind === 'build' && path.startsWith('GOARCH=')) {
      info.architecture = path.slice('GOARCH='.length);
    } else if (kind !== '=>') {
      previous = undefined;
    }
  }
  return info;
}
