import { DEFAULT_RULES, type AnalysisRules } from '@kedge/analysis';
import { ConfigError, type KedgeConfig } from '@kedge/config';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseAnalyzerConfig } from './analyzer-config.js';

const NAME = 'analyzer_config.yaml';

/**
 * The rules of `analyzer_config.yaml` in `service_dir`, else beside `config.yaml`, else the defaults. An edited file counts
 * from the next image on; should it be wrong then, the former rules stay in force and the operator is told.
 */
export class RulesFile {
  private rules: AnalysisRules = DEFAULT_RULES;
  private seen = '';

  private constructor(
    private readonly candidates: string[],
    private readonly onProblem: (error: Error) => void,
  ) {}

  /** @throws ConfigError when the file is wrong or cannot be read. */
  static async open(config: KedgeConfig, onProblem: (error: Error) => void): Promise<RulesFile> {
    const folders = [...(config.service_dir === undefined ? [] : [config.service_dir]), dirname(config.file)];
    const file = new RulesFile(
      folders.map((folder) => join(folder, NAME)),
      onProblem,
    );
    await file.load();
    return file;
  }

  /** The rules for the next image. */
  async current(): Promise<AnalysisRules> {
    try {
      await this.load();
    } catch (error) {
      this.onProblem(error as Error);
    }
    return this.rules;
  }

  private async load(): Promise<void> {
    for (const file of this.candidates) {
      try {
        const { mtimeMs, size, ino } = await stat(file);
        const version = `${file} ${mtimeMs} ${size} ${ino}`;
        if (version === this.seen) return;
        this.seen = version; // a wrong version is reported once
        this.rules = parseAnalyzerConfig(await readFile(file, 'utf8'), file);
        return;
      } catch (error) {
        if (error instanceof ConfigError) throw error;
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') continue;
        throw new ConfigError(file, [{ path: '', message: `cannot be read: ${message}` }]);
      }
    }
    this.seen = '';
    this.rules = DEFAULT_RULES;
  }
}
