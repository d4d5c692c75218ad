import { always } from './always.js';
import { dockerfile } from './dockerfile.js';
import { files } from './files.js';
import type { Gate, Trigger } from './gate.js';
import { metadata } from './metadata.js';
import { packages } from './packages.js';
import { retiredGates } from './retired.js';
import { secretScans } from './secret-scans.js';

/** All gates, those in use first. */
export const gates: readonly Gate[] = [always, dockerfile, files, metadata, packages, secretScans, ...retiredGates];

const byName = new Map(gates.flatMap((gate) => [gate.name, ...gate.aliases].map((name) => [name, gate] as const)));

/** The gate of that name or alias, in any case. */
export function findGate(name: string): Gate | undefined {
  return byName.get(name.toLowerCase());
}

/** The gate's trigger of that name or alias, in any case. */
export function findTrigger(gate: Gate, name: string): Trigger | undefined {
  const wanted = name.toLowerCase();
  return gate.triggers.find((trigger) => trigger.name === wanted || trigger.aliases.includes(wanted));
}
