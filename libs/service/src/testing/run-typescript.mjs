// Lets a child process of a test run the sources as they are, without a build: `node --import run-typescript.mjs x.ts`.
import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const libs = new URL('../../../', import.meta.url);

/** The source of a workspace package; Jest has the same mapping. */
function packageSource(name) {
  if (name === 'drivers') return new URL('drivers/builtin/src/index.ts', libs).href;
  const driver = /^driver-([a-z0-9]+)$/.exec(name)?.[1];
  return new URL(driver ? `drivers/${driver}/src/index.ts` : `${name}/src/index.ts`, libs).href;
}

registerHooks({
  resolve(specifier, context, next) {
    const own = /^@kedge\/([a-z0-9-]+)$/.exec(specifier)?.[1];
    if (own) return { url: packageSource(own), format: 'commonjs', shortCircuit: true };
    try {
      return next(specifier, context);
    } catch (error) {
      if (!/^\.{1,2}\/.*\.js$/.test(specifier)) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const file = fileURLToPath(url);
    const { code } = transformSync(readFileSync(file, 'utf8'), {
      filename: file,
      jsc: {
        target: 'es2023',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'commonjs' },
    });
    return { format: 'commonjs', source: code, shortCircuit: true };
  },
});
