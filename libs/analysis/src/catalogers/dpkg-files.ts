import { withoutTrailing } from './trailing.js';

/** Fields of one stanza (deb-control(5)); continuation lines are kept, joined by newlines. */
export type Stanza = ReadonlyMap<string, string>;

/** Splits a dpkg database into stanzas. Lines that are no field are ignored; of a repeated field the first one counts. */
export function* parseStanzas(text: string): Generator<Stanza> {
  for (const block of text.split(/\n[ \t]*\n+/)) {
    const fields = new Map<string, string>();
    let last: string | undefined;
    for (const line of block.split('\n')) {
      if (/^[ \t]/.test(line)) {
        if (last !== undefined) fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`);
        continue;
      }
      const colon = line.indexOf(':');
      last = colon > 0 ? line.slice(0, colon) : undefined;
      if (last === undefined || fields.has(last)) last = undefined;
      else fields.set(last, line.slice(colon + 1).trim());
    }
    if (fields.size > 0) yield fields;
  }
}

const DIGEST = /^[0-9a-f]{32}$/;
const DIGEST_LENGTH = 32;

/**
 * `info/*.md5sums`: `<md5>  <path without leading slash>`; gives absolute path -> digest. Names may hold spaces. Reads bytes,
 * since a part of a text would keep all of that text in memory.
 */
export function parseMd5sums(bytes: Buffer): Map<string, string> {
  const sums = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const digest = bytes.toString('latin1', at, Math.min(end, at + DIGEST_LENGTH));
    const match = DIGEST.test(digest) ? /^\s+\*?(.+)$/.exec(bytes.toString('utf8', at + DIGEST_LENGTH, end)) : null;
    if (match) sums.set(`/${(match[1] ?? '').replace(/^(?:\.?\/)+/, '')}`, digest);
    at = end + 1;
  }
  return sums;
}

/**
 * The `Conffiles` field: `<path> <md5> [obsolete] [remove-on-upgrade]` a line; gives path -> digest. Obsolete ones and
 * those not yet unpacked (`newconffile`) are left out.
 */
export function parseConffiles(field: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const line of field.split('\n')) {
    const match = /^(\/.*) ([0-9a-f]{32})$/.exec(line.trim());
    if (match) files.set(match[1] ?? '', match[2] ?? '');
  }
  return files;
}

/** Licence words of a copyright file: `License:` fields and mentions of common licences; sorted, each once. */
export function copyrightLicences(text: string): string[] {
  const words = new Set<string>();
  for (const match of text.matchAll(/^License:[ \t]*(\S+)|\/usr\/share\/common-licenses\/([0-9A-Za-z_.-]+)/gm)) {
    const word = withoutTrailing(match[1] ?? match[2] ?? '', '.,');
    if (word !== '' && word.toLowerCase() !== 'none') words.add(word);
  }
  return [...words].sort();
}
