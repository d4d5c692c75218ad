const MAX_PATH = 4096;
const MAX_FILES = 1_000_000;
const MAX_CHARACTERS = 256 * 1024 * 1024;

/**
 * Bounds what a database may say of files. Directories are stated once and files below them by name, so that a small
 * database could otherwise stand for any amount of paths.
 */
export class OwnedFileBudget {
  private files = 0;
  private characters = 0;

  /** Call it for each file with the length of its path. Throws when a path is too long for Linux or there are too many. */
  spend(pathLength: number): void {
    if (pathLength > MAX_PATH) throw new Error(`a path of ${pathLength} characters`);
    this.files += 1;
    this.characters += pathLength;
    if (this.files > MAX_FILES || this.characters > MAX_CHARACTERS) {
      throw new Error(`more than ${MAX_FILES} files or ${MAX_CHARACTERS} characters of paths`);
    }
  }
}
