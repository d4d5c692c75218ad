import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Arguments for `node` that run a program of this folder in a process of its own: compiled where there is a build, since a
 * compiler in the process would count as its memory and its start, else from its source.
 *
 * @param name of the file, without extension
 */
export function testProgram(name: string): string[] {
  const compiled = join(__dirname.replace(/\bsrc(?=.testing$)/, 'dist'), `${name}.js`);
  if (existsSync(compiled)) return [compiled];
  return ['--require', above('tools/jest/typescript.cjs'), join(__dirname, `${name}.ts`)];
}

/** A file of the repository, however deep this one lies. */
export function above(path: string): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path);
  }
  throw new Error(`no ${path} above ${__dirname}`);
}
