import { createHash } from 'node:crypto';

/**
 * Id of a finding that has none of its own: lower-case hex md5 of gate name, trigger name and message, joined without
 * separators (policy spec 4.1). Allowlists refer to it.
 */
export function triggerId(gate: string, trigger: string, message: string): string {
  return createHash('md5')
    .update(gate + trigger + message, 'utf8')
    .digest('hex');
}
