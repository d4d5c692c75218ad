/** What a name candidate is built from. */
export interface CpeFacts {
  name: string;
  version: string;
  /** Further product names, for instance `python-<name>`. */
  products?: string[];
  /** Further vendors; they take no prefixes. */
  vendors?: string[];
  /** Adds the any-vendor form. */
  anyVendor?: boolean;
}

/**
 * Candidate names in the Common Platform Enumeration 2.3 formatted-string form (NISTIR 7695) under which a vulnerability
 * database may know a package: every vendor candidate with every product candidate, with `-` and `_` exchanged, and each
 * part of a dashed name as a vendor. Most specific first. Characters with a meaning in the form are escaped.
 */
export function cpes(facts: CpeFacts): string[] {
  const products = variants([facts.name, ...(facts.products ?? [])]);
  const own = variants([...products]);
  const vendors = new Set([...own, ...[...own].flatMap(prefixes), ...variants(facts.vendors ?? [])]);
  const names: { vendor: string; product: string }[] = [];
  for (const product of products) {
    for (const vendor of vendors) names.push({ vendor: escape(vendor), product: escape(product) });
    if (facts.anyVendor) names.push({ vendor: '*', product: escape(product) });
  }
  const version = facts.version === '' ? '*' : escape(facts.version);
  const weight = (item: { vendor: string; product: string }) =>
    (item.vendor === '*' ? 0 : 1000) + item.vendor.length + item.product.length;
  names.sort((a, b) => weight(b) - weight(a) || (`${a.vendor}:${a.product}` < `${b.vendor}:${b.product}` ? -1 : 1));
  return names.map((item) => `cpe:2.3:a:${item.vendor}:${item.product}:${version}:*:*:*:*:*:*:*`);
}

function variants(values: string[]): Set<string> {
  const all = new Set<string>();
  for (const value of values) {
    if (value === '' || value === '*') continue;
    all.add(value);
    if (value.includes('-')) all.add(value.replaceAll('-', '_'));
    if (value.includes('_')) all.add(value.replaceAll('_', '-'));
  }
  return all;
}

/** `a-b_c` -> `a`, `a-b`. */
function prefixes(value: string): string[] {
  return [...value.matchAll(/[-_]/g)].map((match) => value.slice(0, match.index)).filter((part) => part !== '');
}

function escape(value: string): string {
  return value.replace(/[^A-Za-z0-9._-]/g, (character) => (character === ' ' ? '_' : `\\${character}`));
}
