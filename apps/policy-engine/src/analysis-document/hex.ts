const DIGITS = new Int8Array(256).fill(-1);
for (const digit of '0123456789abcdef') DIGITS[digit.charCodeAt(0)] = parseInt(digit, 16);

/**
 * Decodes `length` bytes from their lower-case hex digits at `from` into `target` at `to`; false when there is another
 * character or `length` is no whole number.
 */
export function decodeHex(hex: Uint8Array, from: number, length: number, target: Uint8Array, to: number): boolean {
  if (!Number.isInteger(length)) return false;
  for (let at = 0; at < length; at += 1) {
    const high = DIGITS[hex[from + at * 2] as number] as number;
    const low = DIGITS[hex[from + at * 2 + 1] as number] as number;
    if ((high | low) < 0) return false;
    target[to + at] = (high << 4) | low;
  }
  return true;
}
