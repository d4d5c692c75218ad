// `node --require tools/jest/typescript.cjs FILE.ts` runs the sources of this repository without a build, compiled as in
// the tests: for test programs that need a process of their own.
const { registerHooks } = require('node:module');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { transformSync } = require('@swc/core');
const { projects } = require('../../jest.config.js');

const [{ moduleNameMapper, transform, rootDir }] = projects;
const [[, compilerOptions]] = Object.values(transform);
const packages = Object.entries(moduleNameMapper).map(([pattern, target]) => [new RegExp(pattern), target]);

registerHooks({
  resolve(specifier, context, next) {
    const [pattern, target] = packages.find(([candidate]) => candidate.test(specifier)) ?? [];
    if (pattern) {
      const path = specifier.replace(pattern, target).replace('<rootDir>', rootDir);
      return next(path, context);
    }
    const source = context.parentURL?.endsWith('.ts') && specifier.startsWith('.') && specifier.endsWith('.js');
    return next(source ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts') || !url.startsWith(pathToFileURL(join(rootDir, 'libs')).href)) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), { ...compilerOptions, filename, swcrc: false });
    return { format: 'commonjs', source: code, shortCircuit: true };
  },
});
