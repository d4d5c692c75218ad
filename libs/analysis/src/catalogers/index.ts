import type { Cataloger } from './cataloger.js';
import { apk } from './apk.js';
import { dpkg } from './dpkg.js';
import { java } from './java.js';
import { npm } from './npm.js';
import { python } from './python.js';
import { rpm } from './rpm.js';

/** Every ecosystem Kedge knows. OS packages first, because what they own is theirs. */
export const CATALOGERS: readonly Cataloger[] = [dpkg, apk, rpm, npm, python, java];
