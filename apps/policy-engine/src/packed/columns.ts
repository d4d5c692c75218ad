type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** The same numbers in a column of at least `length` places, the others 0. Doubles, so that growing stays cheap. */
export function grown<T extends Column>(column: T, length: number): T {
  if (length <= column.length) return column;
  const kind = column.constructor as new (length: number) => T;
  const larger = new kind(Math.max(length, column.length * 2, 1024));
  larger.set(column);
  return larger;
}
