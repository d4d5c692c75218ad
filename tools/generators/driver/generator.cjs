// `npx nx g driver <name>`: writes libs/drivers/<name> and lists it where every driver of Kedge is listed.
const { formatFiles, generateFiles, installPackagesTask, updateJson } = require('@nx/devkit');
const { join } = require('node:path');

/** Names that configurations use for other drivers, and words that JavaScript does not take for an import. */
const TAKEN = new Set(
  'builtin db db2 filesystem file localfs default delete import export class new return'.split(' '),
);

/**
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string, skipInstall?: boolean }} options
 */
module.exports = async function generateDriver(tree, { name, skipInstall = false }) {
  const folder = `libs/drivers/${name}`;
  if (!/^[a-z][a-z0-9]{0,31}$/.test(name))
    throw new Error(`"${name}" must be small letters and digits, a letter first`);
  if (TAKEN.has(name) || tree.exists(folder)) throw new Error(`the name "${name}" is taken; choose another`);

  const className = `${name[0].toUpperCase()}${name.slice(1)}Driver`;
  generateFiles(tree, join(__dirname, 'files'), folder, { name, className });
  updateJson(tree, 'tsconfig.json', (json) => addReference(json, folder, 'libs/drivers/builtin'));
  updateJson(tree, 'libs/drivers/builtin/tsconfig.json', (json) => addReference(json, `../${name}`));
  register(tree, name);
  await formatFiles(tree);
  return () => {
    if (!skipInstall) installPackagesTask(tree, true);
  };
};

function addReference(json, path, before) {
  const at = json.references.findIndex((reference) => reference.path === before);
  json.references.splice(at < 0 ? json.references.length : at, 0, { path });
  return json;
}

/** One import and one `.register(...)` more in the list of drivers. */
function register(tree, name) {
  const file = 'libs/drivers/builtin/src/index.ts';
  const before = tree.read(file, 'utf8');
  const after = before
    .replace(
      "import { DriverRegistry } from '@kedge/object-store';",
      (line) => `import { kedgeDriver as ${name} } from '@kedge/driver-${name}';\n${line}`,
    )
    .replace(/(return new DriverRegistry\(\)[^;]*);/, (_all, chain) => `${chain}.register(${name});`);
  for (const part of [`driver-${name}'`, `.register(${name})`]) {
    if (!after.includes(part))
      throw new Error(`${file} has another form than this generator knows; add ${part} by hand`);
  }
  tree.write(file, after);
}
