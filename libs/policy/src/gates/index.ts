import { always } from './always.js';
import { dockerfile } from './dockerfile.js';
import { files } from './files.js';
import type { Gate, Trigger } from './gate.js';
import { licenses } from './licenses.js';
import { malware } from './malware.js';
import { metadata } from './metadata.js';
import { npms } from './npms.js';
import { packages } from './packages.js';
import { passwdFile } from './passwd-file.js';
import { retiredGates } from './retired.js';
import { retrievedFiles } from './retrieved-files.js';
import { rubyGems } from './ruby-gems.js';
import { secretScans } from './secret-scans.js';
import { tagDrift } from './tag-drift.js';
import { vulnerabilities } from './vulnerabilities.js';

/** All gates, those in use first. */
export const gates: readonly Gate[] = [
  always,
  dockerfile,
  files,
  licenses,
  malware,
  metadata,
  npms,
  packages,
  passwdFile,
  retrievedFiles,
  rubyGems,
  secretScans,
  tagDrift,
  vulnerabilities,
  ...retiredGates,
];

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
