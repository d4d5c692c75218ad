/** What an OS package database says of one path, as `distro.pkgfilemeta` has it. Absent facts are null. */
export interface PackageFileRecord {
  /** Stated where packages of this name are installed for several architectures. */
  arch?: string;
  conffile: boolean;
  digest: string | null;
  digestalgo: string | null;
  group: string | null;
  mode: string | null;
  package: string;
  size: string | null;
  user: string | null;
}

/** A file's record beside its digest. Files of one package for which it is the same should be given the same object. */
export interface FileRecordForm {
  arch: string;
  record: Readonly<Omit<PackageFileRecord, 'arch'>>;
}

/** What is held of a record: as many as an image has files, so it is little. */
interface Held {
  form: FileRecordForm;
  digest: string | null;
}

/** Records of what package databases say of files, by path in the order in which paths were first named. */
export class FileRecords {
  private readonly byPath = new Map<string, Held | Held[]>();

  get size(): number {
    return this.byPath.size;
  }

  /** Adds a record of the path: that of `form` with this digest. */
  add(path: string, form: FileRecordForm, digest: string | null): void {
    const held = { form, digest };
    const known = this.byPath.get(path);
    if (known === undefined) this.byPath.set(path, held);
    else if (Array.isArray(known)) known.push(held);
    else this.byPath.set(path, [known, held]);
  }

  /** Path -> records; they state the architecture where `severalArchitectures` says so of the package's name. */
  *all(severalArchitectures: (name: string) => boolean): Generator<[string, PackageFileRecord[]]> {
    for (const [path, held] of this.byPath) {
      const records = Array.isArray(held) ? held : [held];
      yield [
        path,
        records.map(({ form: { arch, record }, digest }) =>
          severalArchitectures(record.package) ? { ...record, digest, arch } : { ...record, digest },
        ),
      ];
    }
  }
}
