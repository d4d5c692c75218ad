/** Prints what is being done, and how long it took when it is done. */
export class Steps {
  private readonly started = performance.now();

  constructor(
    private readonly stream: NodeJS.WritableStream,
    private readonly signal: AbortSignal,
  ) {}

  /** Seconds since the first step. */
  get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  /** One step; `act` answers what to say about its result. */
  async run<T>(title: string, act: () => Promise<{ value: T; said: string }>): Promise<T> {
    this.signal.throwIfAborted();
    this.stream.write(`${title} `.padEnd(44, '.'));
    const started = performance.now();
    try {
      const { value, said } = await act();
      const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
      this.stream.write(`${seconds} s  ${said}\n`);
      return value;
    } catch (error) {
      this.stream.write(' failed\n');
      throw error;
    }
  }
}
