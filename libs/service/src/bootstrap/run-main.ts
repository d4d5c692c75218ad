import type { ServiceDefinition } from './service-definition.js';

/** Body of an app's `main.ts`: arguments, start, signals, exit code. Resolves when the process may exit. */
export async function runMain(definition: ServiceDefinition, _argv: string[] = process.argv.slice(2)): Promise<void> {
  throw new Error(`not written yet: ${definition.name}`);
}
