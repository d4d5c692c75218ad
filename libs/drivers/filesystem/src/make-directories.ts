import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it that are missing. (`mkdir` of Node.js with `recursive` tries for ever where a file
 * system answers that it has no such directory and will not make one, as `/proc` does.)
 *
 * @returns the topmost directory that was made; undefined when all were there
 */
export async function makeDirectories(path: string, mode: number): Promise<string | undefined> {
  try {
    return await makeOne(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const top = await makeDirectories(dirname(path), mode);
  const made = await makeOne(path, mode);
  return top ?? made;
}

/** @returns undefined when it was there already, or is made by somebody else at the same time */
async function makeOne(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, mode);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory()) return undefined;
    throw error;
  }
}
