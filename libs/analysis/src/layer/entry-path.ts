import { isUtf8 } from 'node:buffer';

/**
 * Text of a name's bytes. Valid UTF-8 is taken as it is. In any other name each byte that is not part of a valid
 * sequence becomes `\xHH` (lower-case hex) and each backslash `\\`, so that no information is lost and the text can be
 * stored as JSON.
 */
export function nameText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const piece = bytes.subarray(at, at + length);
    if (piece.length === length && isUtf8(piece)) {
      text += first === 0x5c ? '\\\\' : piece.toString('utf8');
      at += length;
    } else {
      text += `\\x${first.toString(16).padStart(2, '0')}`;
      at += 1;
    }
  }
  return text;
}

/**
 * Normalises an entry's name to an absolute path inside the root: leading slashes, `.` and empty parts vanish, `..`
 * goes up but never above the root. `escapes` says that the name tried to. The root itself is `/`.
 */
export function cleanPath(name: string): { path: string; escapes: boolean } {
  const parts: string[] = [];
  let escapes = false;
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) escapes = true;
    } else {
      parts.push(part);
    }
  }
  return { path: `/${parts.join('/')}`, escapes };
}

/** Directory part of a normalised absolute path. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** Last part of a normalised absolute path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
