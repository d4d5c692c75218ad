import { StorageError, type DeleteFailure } from './driver.js';

const AT_ONCE = 16;

/**
 * `deleteMany` for a backend that deletes one location a call: up to 16 calls at the same time, each location once.
 *
 * @param remove deletes one location; rejects with a StorageError. Anything else it throws is a defect and rejects.
 */
export async function deleteEach(
  uris: readonly string[],
  remove: (uri: string) => Promise<void>,
): Promise<DeleteFailure[]> {
  const failures: DeleteFailure[] = [];
  const queue = new Set(uris).values();
  const work = async (): Promise<void> => {
    for (const uri of queue) {
      try {
        await remove(uri);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        failures.push({ uri, error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}
