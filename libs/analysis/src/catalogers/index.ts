import { apk } from './apk.js';
import { binary } from './binary.js';
import type { Cataloger } from './cataloger.js';
import { dpkg } from './dpkg.js';
import { gem } from './gem.js';
import { go } from './go.js';
import { java } from './java.js';
import { npm } from './npm.js';
import { nuget } from './nuget.js';
import { python } from './python.js';
import { rpm } from './rpm.js';

/** Every ecosystem Kedge knows. OS packages first, because what they own is theirs; `binary` last, as it asks for that. */
export const CATALOGERS: readonly Cataloger[] = [dpkg, apk, rpm, npm, gem, python, java, go, nuget, binary];
