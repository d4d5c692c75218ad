const MAX_ADDRESSES = 50;

/** Headers of core metadata (METADATA, PKG-INFO) up to the first empty line; continuation lines are indented. */
export class PythonMetadata {
  private readonly headers = new Map<string, string[]>();

  constructor(text: string) {
    let current: string[] = [];
    for (const line of text.split(/\r?\n/)) {
      if (line === '') break;
      if (/^[ \t]/.test(line)) {
        if (current.length > 0) current.push(`${current.pop() ?? ''}\n${line.trim()}`);
        continue;
      }
      const colon = line.indexOf(':');
      if (colon < 1) continue;
      const key = line.slice(0, colon).toLowerCase();
      current = this.headers.get(key) ?? [];
      this.headers.set(key, current);
      current.push(line.slice(colon + 1).trim());
    }
  }

  /** The last value of a header, '' when there is none. Tools write `UNKNOWN` for what nobody stated. */
  get(key: string): string {
    const value = this.headers.get(key.toLowerCase())?.at(-1) ?? '';
    return value === 'UNKNOWN' ? '' : value;
  }

  /** The licence: as stated, as an SPDX expression (PEP 639), or by trove classifiers. */
  license(): string {
    const classifiers = (this.headers.get('classifier') ?? []).filter((value) => value.startsWith('License :: '));
    const names = classifiers
      .map((value) => value.split(' :: ').at(-1) ?? '')
      .filter((name) => name !== 'OSI Approved');
    return this.get('License') || this.get('License-Expression') || names.join(' ');
  }

  /** Local parts of the mail addresses in `Author-email`: `Name <name@example.org>, x@y` -> `name`, `x`. */
  mailNames(): string[] {
    const addresses = this.get('Author-email').split(',', MAX_ADDRESSES);
    return addresses
      .map(
        (address) =>
          address
            .slice(address.lastIndexOf('<') + 1)
            .split('@', 1)[0]
            ?.trim() ?? '',
      )
      .filter(Boolean);
  }
}
