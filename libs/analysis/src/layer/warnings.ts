const MAX_WARNINGS = 1000;
const MAX_LENGTH = 2000;

/** Collects human readable warnings of one layer up to a number and a length each, and counts the rest. */
export class Warnings {
  private readonly texts: string[] = [];
  private suppressed = 0;

  add(text: string): void {
    if (this.texts.length < MAX_WARNINGS) this.texts.push(text.slice(0, MAX_LENGTH));
    else this.suppressed += 1;
  }

  list(): string[] {
    return this.suppressed > 0 ? [...this.texts, `${this.suppressed} more warnings were left out`] : this.texts;
  }
}
