import { FileRecords, type FileRecordForm, type PackageFileRecord } from './file-records.js';

/** Packages found in an image, by report element (`pkgs.allinfo`, `pkgs.npms`, ...), in the shapes readers expect. */
export class PackageReport {
  private readonly elements = new Map<string, Map<string, unknown>>();
  private readonly evidence = new Map<string, Map<string, string>>();
  /** Path -> `DPKGFILE`, ...: every path that an OS package owns. */
  readonly packageFiles = new Map<string, string>();
  private readonly records = new FileRecords();
  private readonly architectures = new Map<string, Set<string>>();
  /** Human readable; what could not be understood. */
  readonly warnings: string[] = [];

  /** Adds a record; the first one of a key stays. `evidence` is the file the package was found in. */
  add(element: string, key: string, record: unknown, evidence?: string): boolean {
    const records = this.elements.get(element) ?? new Map<string, unknown>();
    this.elements.set(element, records);
    if (records.has(key)) return false;
    records.set(key, record);
    if (evidence !== undefined) {
      const files = this.evidence.get(element) ?? new Map<string, string>();
      this.evidence.set(element, files);
      files.set(key, evidence);
    }
    return true;
  }

  /** Adds a record in place of one that may be there. */
  replace(element: string, key: string, record: unknown): void {
    if (!this.add(element, key, record)) this.elements.get(element)?.set(key, record);
  }

  /**
   * Adds an OS package to `pkgs.allinfo`, where readers look for it by name. When the name is taken (two architectures or
   * two versions are installed) it goes under the first of `others` that is free, and the record states the name. Answers
   * the key; when nothing is free the package is there already and the last key is the answer.
   */
  addOsPackage(name: string, others: readonly string[], record: { arch: string }): string {
    const known = this.architectures.get(name);
    if (known) known.add(record.arch);
    else this.architectures.set(name, new Set([record.arch]));
    if (this.add('pkgs.allinfo', name, record)) return name;
    const named = { name, ...record };
    return others.find((key) => this.add('pkgs.allinfo', key, named)) ?? others.at(-1) ?? name;
  }

  element(name: string): ReadonlyMap<string, unknown> {
    return this.elements.get(name) ?? new Map<string, unknown>();
  }

  /** Names of the elements that hold something; empty ones would hide others from readers of the old system. */
  elementNames(): string[] {
    return [...this.elements].filter(([, records]) => records.size > 0).map(([name]) => name);
  }

  /** Adds what a package database says of a path: `form` with this digest. */
  addFileRecord(path: string, form: FileRecordForm, digest: string | null): void {
    this.records.add(path, form, digest);
  }

  get hasFileRecords(): boolean {
    return this.records.size > 0;
  }

  /** Path -> what package databases say of it. */
  fileRecords(): Generator<[string, PackageFileRecord[]]> {
    return this.records.all((name) => (this.architectures.get(name)?.size ?? 0) > 1);
  }

  /** Drops language packages whose evidence is a file of an OS package: they are that package's content. */
  dropOwned(): void {
    for (const [element, files] of this.evidence) {
      for (const [key, path] of files) if (this.packageFiles.has(path)) this.elements.get(element)?.delete(key);
    }
  }
}
