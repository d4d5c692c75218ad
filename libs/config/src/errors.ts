/** One fault of a config file. `value` is already redacted. */
export interface ConfigProblem {
  path: string;
  message: string;
  value?: string;
  /** No reason to refuse the file; told beside faults that are, since it may be what they come from. */
  harmless?: boolean;
}

/** All faults of one config file together, each with its path, its (redacted) value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly file: string,
    readonly problems: ConfigProblem[],
  ) {
    const lines = problems.map(
      ({ path, message, value }) =>
        `  ${path || '(file)'}: ${message}${value === undefined ? '' : ` (found ${value})`}`,
    );
    super(`invalid configuration in ${file}:\n${lines.join('\n')}`);
  }
}
