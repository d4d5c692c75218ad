/** Gives what `fetch` gives for each run of `size` items, and fetches the next run while the caller works on this one. */
export async function* readAhead<T, R>(
  items: readonly T[],
  size: number,
  fetch: (run: readonly T[]) => Promise<R>,
): AsyncGenerator<{ run: readonly T[]; fetched: R }> {
  const begin = (from: number) => {
    const run = items.slice(from, from + size);
    const fetched = fetch(run);
    fetched.catch(() => undefined); // reported when its turn comes; the caller may have ended before
    return { run, fetched };
  };
  let next = items.length > 0 ? begin(0) : undefined;
  for (let from = size; next !== undefined; from += size) {
    const { run, fetched } = next;
    const current = await fetched;
    next = from < items.length ? begin(from) : undefined;
    yield { run, fetched: current };
  }
}
