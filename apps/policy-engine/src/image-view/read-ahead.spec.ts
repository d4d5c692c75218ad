import { readAhead } from './read-ahead.js';

describe('reading ahead', () => {
  const collect = async (items: number[], size: number, fetch: (run: readonly number[]) => Promise<number>) => {
    const seen: [readonly number[], number][] = [];
    for await (const { run, fetched } of readAhead(items, size, fetch)) seen.push([run, fetched]);
    return seen;
  };
  const sum = async (run: readonly number[]) => run.reduce((total, one) => total + one, 0);

  it('gives every run in order', async () => {
    expect(await collect([1, 2, 3, 4, 5], 2, sum)).toEqual([
      [[1, 2], 3],
      [[3, 4], 7],
      [[5], 5],
    ]);
    expect(await collect([1, 2], 2, sum)).toEqual([[[1, 2], 3]]);
    expect(await collect([], 2, sum)).toEqual([]);
  });

  it('fetches one run ahead, and no more', async () => {
    const fetched: number[] = [];
    const fetch = async ([first = 0]: readonly number[]) => fetched.push(first);
    for await (const { run } of readAhead([1, 2, 3, 4], 1, fetch)) {
      expect(fetched).toHaveLength(Math.min((run[0] ?? 0) + 1, 4));
    }
    expect(fetched).toEqual([1, 2, 3, 4]);
  });

  it('fails when the turn of the failed run comes, and not when nobody waits for it any more', async () => {
    const fetch = async ([first]: readonly number[]) => {
      if (first === 2) throw new Error('lost');
      return first ?? 0;
    };
    await expect(collect([1, 2, 3], 1, fetch)).rejects.toThrow('lost');
    for await (const { fetched } of readAhead([1, 2], 1, fetch)) {
      expect(fetched).toBe(1);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would end the process here
  });
});
