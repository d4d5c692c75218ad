/** The exit code of a program that ends with this error: 2 usage, configuration or database; 5 object store; 130 interrupted; else 1. */
export function exitCodeFor(_error: unknown): number {
  throw new Error('not written yet');
}
