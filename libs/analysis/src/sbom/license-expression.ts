import { createHash } from 'node:crypto';
import parse from 'spdx-expression-parse';
import current from 'spdx-license-ids/index.json';
import deprecated from 'spdx-license-ids/deprecated.json';

/** Longest text that is looked at as an expression, in characters: the parser descends with every bracket. */
const MAX_EXPRESSION = 1000;

const IDENTIFIERS = new Set<string>([...current, ...deprecated]);

/** True for an identifier of the SPDX licence list. */
export function isSpdxLicense(text: string): boolean {
  return IDENTIFIERS.has(text);
}

/** True for an SPDX licence expression (SPDX 2.3, annex D) that refers to nothing outside the licence list. */
export function isSpdxExpression(text: string): boolean {
  if (text.length > MAX_EXPRESSION || /(License|Document|Addition)Ref-/.test(text)) return false;
  if (/\s(and|or|with)\s/.test(text)) return false; // operators in lower case came with SPDX 3
  try {
    parse(text);
    return true;
  } catch {
    return false; // the parser's only way to say that it is none
  }
}

/** The name under which a document refers to a licence that is not on the list. */
export function licenseReference(text: string): string {
  return `LicenseRef-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
