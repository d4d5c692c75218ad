// `dist/apps/<name>` is the documented place of each built app; the code itself lies beside its sources.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'dist/apps');
mkdirSync(target, { recursive: true });
for (const name of readdirSync(join(root, 'apps'))) {
  if (!existsSync(join(root, 'apps', name, 'dist'))) continue;
  const link = join(target, name);
  rmSync(link, { force: true, recursive: true });
  symlinkSync(relative(target, join(root, 'apps', name, 'dist')), link);
}
