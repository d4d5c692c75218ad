import { createHash } from 'node:crypto';

/**
 * Identifiers of the SPDX licence list that packages state most. The list has 700; what is not here is written as a
 * licence of its own name, which is correct in every document, only less exact.
 */
const IDENTIFIERS = new Set(
  (
    '0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 APSL-2.0 Artistic-1.0 Artistic-2.0 ' +
    'BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-3-Clause BSD-4-Clause BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 ' +
    'CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 curl EPL-1.0 EPL-2.0 EUPL-1.2 FSFAP FSFUL FSFULLR FTL ' +
    'GFDL-1.3-only GFDL-1.3-or-later GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only ' +
    'GPL-3.0-or-later HPND ICU IJG ISC JSON LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later ' +
    'LGPL-3.0-only LGPL-3.0-or-later libpng-2.0 LPL-1.02 MIT MIT-0 MPL-1.1 MPL-2.0 MS-PL NCSA NTP OFL-1.1 OLDAP-2.8 ' +
    'OpenSSL PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 Ruby Sleepycat SSH-OpenSSH Unicode-DFS-2016 Unlicense UPL-1.0 ' +
    'Vim W3C WTFPL X11 Zlib ZPL-2.1'
  ).split(' '),
);

/** True for an identifier of the SPDX licence list that is known here. */
export function isSpdxLicense(text: string): boolean {
  return IDENTIFIERS.has(text);
}

/** True for an SPDX licence expression (SPDX 2.3, annex D) of known identifiers, without exceptions. */
export function isSpdxExpression(text: string): boolean {
  if (text.length > 1000) return false;
  let depth = 0;
  let operand = true; // what may come next: a licence or an opening bracket, else an operator or a closing one
  for (const [token] of text.matchAll(/[()]|[^\s()]+/g)) {
    if (token === '(' && operand) depth += 1;
    else if (token === ')' && !operand && depth > 0) depth -= 1;
    else if (operand && IDENTIFIERS.has(token)) operand = false;
    else if (!operand && (token === 'AND' || token === 'OR')) operand = true;
    else return false;
  }
  return depth === 0 && !operand;
}

/** The name under which a document refers to a licence that is not on the list. */
export function licenseReference(text: string): string {
  return `LicenseRef-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
