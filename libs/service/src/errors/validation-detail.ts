/** The part of a zod issue that is read here. */
interface Issue {
  path: PropertyKey[];
  message: string;
}

const MAX_ISSUES = 20;

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) =>
      node !== null && typeof node === 'object' ? (node as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/**
 * One line about everything that is wrong with a request. For a missing key it is the sentence that clients look for:
 * `'id' is a required property`.
 *
 * @param sources the places a schema may have been applied to: body, query, path parameters.
 */
export function validationDetail(issues: readonly Issue[], sources: readonly unknown[]): string {
  const sentences = issues.slice(0, MAX_ISSUES).map(({ path, message }) => {
    const key = path.at(-1);
    if (key === undefined) return message;
    const missing = sources.every((source) => valueAt(source, path) === undefined);
    if (!missing || typeof key === 'number') return `${path.map(String).join('.')}: ${message}`;
    const parent = path.slice(0, -1).map(String).join('.');
    return `'${String(key)}' is a required property${parent ? ` - '${parent}'` : ''}`;
  });
  if (issues.length > MAX_ISSUES) sentences.push(`and ${issues.length - MAX_ISSUES} more`);
  return sentences.join('; ');
}
