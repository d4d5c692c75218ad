// `npm run bench -- NAME [arguments]`: runs tools/bench/NAME.mjs with this very node.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs' && !file.includes('-'))
  .map((file) => file.slice(0, -'.mjs'.length));
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !benches.includes(name)) {
  console.error(name === undefined ? 'Which bench?' : `There is no bench "${name}".`);
  console.error(`Benches: ${benches.join(', ')}`);
  process.exit(2);
}

const child = spawn(process.execPath, [join(folder, `${name}.mjs`), ...args], { stdio: 'inherit' });
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
