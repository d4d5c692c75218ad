import type { ObjectStore } from '@kedge/object-store';
import type { Journal } from './journal.js';

const PAGE = 500;

/**
 * Deletes at the destination what a run that was killed had on its way: the locations that the journal names as intended.
 * One that a row points to stays, and so does one that the journal knows as a finished copy. Call it under the migration
 * lock and after {@link Task.resume}, from when on the former process cannot point a row to any of them.
 *
 * @returns locations that are certainly free now, and what could not be deleted; the latter stays intended.
 * @throws StorageError; errors of the database.
 */
export async function deleteAbandonedCopies(
  store: ObjectStore,
  journal: Journal,
): Promise<{ cleared: number; failures: { uri: string; message: string }[] }> {
  const failures: { uri: string; message: string }[] = [];
  let cleared = 0;
  for (let after = '0'; ;) {
    const page = await journal.intended.list(after, PAGE);
    const candidates = page.flatMap(({ uris, copy }) => uris.filter((uri) => uri !== copy));
    const pointedTo = await store.pointedTo(candidates);
    const doomed = candidates.filter((uri) => !pointedTo.has(uri));
    const failed = new Map((await store.deleteContents(doomed)).map(({ uri, error }) => [uri, error.message]));
    cleared += doomed.length - failed.size;
    for (const [uri, message] of failed) failures.push({ uri, message });
    await journal.intended.forget(
      page.filter(({ uris }) => !uris.some((uri) => failed.has(uri))).map(({ seq }) => seq),
    );
    const last = page.at(-1);
    if (!last || page.length < PAGE) return { cleared, failures };
    after = last.seq;
  }
}
