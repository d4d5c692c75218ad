import type { Cataloger } from '../catalogers/cataloger.js';
import { CATALOGERS } from '../catalogers/index.js';
import { DISTRO_FILES } from '../distro.js';
import { HINTS_FILE } from '../hints.js';
import type { SearchHit } from '../inventory/layer-inventory.js';
import { LineSearch } from '../line-search.js';
import type { AnalysisLimits, AnalysisRules } from '../rules.js';
import { cleanPath } from './entry-path.js';
import { looksExecutable } from './held-content.js';
import type { Warnings } from './warnings.js';

/** What is to be done with the content of one file. */
export interface Wishes {
  keep: boolean;
  extract: Cataloger[];
  searches: { name: SearchHit['search']; search: LineSearch }[];
}

const EXECUTABLE_CATALOGERS = CATALOGERS.filter((cataloger) => 'wantsExecutable' in cataloger);

/** Knows which files catalogers, searches and the configuration want to see. */
export class Interests {
  private readonly keepAlways: Map<string, number>;
  private readonly searches: Wishes['searches'] = [];
  private readonly largestSearch: number;

  /** Throws AnalysisError `invalid_pattern` for a search pattern that cannot be used. */
  constructor(
    rules: AnalysisRules,
    private readonly limits: AnalysisLimits,
    private readonly warnings: Warnings,
  ) {
    this.keepAlways = new Map([...DISTRO_FILES, HINTS_FILE].map((path) => [path, limits.keptFileBytes]));
    for (const path of rules.retrieveFiles?.paths ?? []) {
      const size = rules.retrieveFiles?.maxFileSize ?? limits.keptFileBytes;
      this.keepAlways.set(cleanPath(path).path, Math.min(size, limits.keptFileBytes));
    }
    if (rules.secretSearch) this.searches.push({ name: 'secret_search', search: new LineSearch(rules.secretSearch) });
    if (rules.contentSearch)
      this.searches.push({ name: 'content_search', search: new LineSearch(rules.contentSearch) });
    this.largestSearch = Math.max(-1, ...this.searches.map(({ search }) => search.maxFileSize));
  }

  /** What is wanted of a file by its path and size; undefined when nothing is. */
  byPath(path: string, size: number): Wishes | undefined {
    const wishes: Wishes = { keep: size <= (this.keepAlways.get(path) ?? -1), extract: [], searches: [] };
    for (const cataloger of CATALOGERS) {
      const interest = cataloger.wants(path);
      if (interest === undefined || !this.fits(cataloger, path, size)) continue;
      if (interest === 'keep') wishes.keep = true;
      else wishes.extract.push(cataloger);
    }
    if (size > 0 && size <= this.largestSearch) {
      wishes.searches = this.searches.filter(({ search }) => size <= search.maxFileSize);
    }
    return wishes.keep || wishes.extract.length > 0 || wishes.searches.length > 0 ? wishes : undefined;
  }

  /** The wishes with those added that the start of the file gives rise to. */
  byHead(head: Buffer, path: string, size: number, wishes: Wishes | undefined): Wishes | undefined {
    if (!looksExecutable(head)) return wishes;
    const added = EXECUTABLE_CATALOGERS.filter(
      (cataloger) => cataloger.wantsExecutable?.(head) && this.fits(cataloger, path, size),
    );
    if (added.length === 0) return wishes;
    const { keep = false, extract = [], searches = [] } = wishes ?? {};
    return { keep, extract: [...extract, ...added], searches };
  }

  private fits(cataloger: Cataloger, path: string, size: number): boolean {
    const limit = cataloger.sizeLimit(this.limits, path);
    if (size <= limit) return true;
    this.warnings.add(`${path} has ${size} bytes, more than the ${limit} that ${cataloger.name} looks at`);
    return false;
  }
}
