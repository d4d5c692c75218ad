import { realpathSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const NAME = '@kedge/object-store';
const ENTRIES: Readonly<Record<string, string>> = {
  [NAME]: entryFile('index'),
  [`${NAME}/testing`]: entryFile('testing/index'),
};

let offered = false;

/**
 * Sees to it that a plug-in that asks for `@kedge/object-store` gets this very package, from now on. It lies beside the
 * configuration, where none is installed; and a second copy would have a StorageError of its own, which `instanceof`
 * does not know.
 *
 * @param file module of the plug-in
 */
export function offerOwnPackage(file: string): void {
  if (offered || findsOwn(file)) return;
  offered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const entry = Object.hasOwn(ENTRIES, specifier) ? ENTRIES[specifier] : undefined;
      if (entry === undefined) return next(specifier, context);
      return { url: pathToFileURL(entry).href, format: 'commonjs', shortCircuit: true };
    },
  });
}

/** True inside this repository. */
function findsOwn(file: string): boolean {
  try {
    return realpathSync(createRequire(file).resolve(NAME)) === realpathSync(entryFile('index'));
  } catch {
    return false; // there is none
  }
}

/** Compiled or source, as this module is. */
function entryFile(entry: string): string {
  return join(__dirname, '..', `${entry}${extname(__filename)}`);
}
