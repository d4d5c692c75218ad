/** Steps that undo what a start did, run in reverse order. */
export class CleanUp {
  private readonly steps: { what: string; undo: () => Promise<unknown> }[] = [];

  add(what: string, undo: () => Promise<unknown>): void {
    this.steps.push({ what, undo });
  }

  /** Runs every step, also after one failed, and forgets them. */
  async run(onFailure: (what: string, error: unknown) => void): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        onFailure(step.what, error);
      }
    }
  }
}
