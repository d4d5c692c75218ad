import { additionalProducts, additionalVendors, isMisleading } from './cpe-exceptions.js';

/** Package kinds whose names are treated in their own way. */
export type CpeKind = 'os' | 'npm' | 'gem' | 'python' | 'java' | 'go' | 'nuget';

/** A vendor that the package's metadata suggests. */
export interface VendorCandidate {
  value: string;
  /** Each part of a dashed name is a vendor too: `a-b` gives `a`. */
  prefixes?: boolean;
  /** Default true: the name with `-` and `_` exchanged is a vendor too. */
  variants?: boolean;
}

/** Longer names are in no database; many long ones would make much out of little. */
const MAX_LENGTH = 200;
const MAX_VENDORS = 50;

/** The form knows no other characters. */
const NAMEABLE = /^[\x20-\x7e]+$/;

/** What name candidates are built from. */
export interface CpeFacts {
  kind: CpeKind;
  name: string;
  /** '' for any. */
  version: string;
  /** Product names; default the name alone. They are vendors as well, unless `onlyVendors`. */
  products?: readonly string[];
  vendors?: readonly VendorCandidate[];
  /** The vendors are those of `vendors`, products are not. */
  onlyVendors?: boolean;
  /** Adds the any-vendor form. */
  anyVendor?: boolean;
}

/**
 * Candidate names in the Common Platform Enumeration 2.3 formatted-string form (NISTIR 7695) under which a vulnerability
 * database may know a package: every vendor candidate with every product candidate. Most specific first. Characters with
 * a meaning in the form are escaped.
 */
export function cpes(facts: CpeFacts): string[] {
  if (facts.name.length > MAX_LENGTH || facts.version.length > MAX_LENGTH) return [];
  if (facts.version !== '' && !NAMEABLE.test(facts.version)) return [];
  const products = variants(facts.products ?? [facts.name]);
  for (const product of additionalProducts(facts.kind, facts.name)) products.add(product);
  const vendors = vendorNames(facts, products);
  const names: { vendor: string; product: string; text: string }[] = [];
  const version = facts.version === '' ? '*' : escape(facts.version);
  for (const product of products) {
    for (const vendor of vendors) {
      if (isMisleading(facts, vendor, product) || !NAMEABLE.test(vendor + product)) continue;
      const name = { vendor: vendor === '*' ? '*' : escape(vendor), product: escape(product) };
      names.push({ ...name, text: `cpe:2.3:a:${name.vendor}:${name.product}:${version}:*:*:*:*:*:*:*` });
    }
  }
  const weight = ({ vendor, text }: { vendor: string; text: string }) => (vendor === '*' ? 0 : 100_000) + text.length;
  names.sort((a, b) => weight(b) - weight(a) || (a.text < b.text ? -1 : 1));
  return names.map((name) => name.text);
}

/** A person or organisation as a vendor: `The Example Co.` -> `example_co_`. */
export function personVendor(name: string): VendorCandidate {
  const value = name.toLowerCase().replaceAll('"', '').trim().replace(/[-. ]/g, '_').replace(/^the_/, '');
  return { value };
}

function vendorNames(facts: CpeFacts, products: ReadonlySet<string>): Set<string> {
  const own = facts.onlyVendors ? [] : [...products].map((value) => ({ value, prefixes: true }));
  const names = new Set<string>();
  for (const candidate of [...own, ...(facts.vendors ?? []).slice(0, MAX_VENDORS)]) {
    const { value, prefixes = false, variants: exchanged = true } = candidate as VendorCandidate;
    if (value.length > MAX_LENGTH) continue;
    for (const name of exchanged ? variants([value]) : [value]) {
      if (name === '' || name === '*') continue;
      names.add(name);
      if (prefixes) for (const prefix of prefixesOf(name)) names.add(prefix);
    }
  }
  for (const vendor of additionalVendors(facts.kind, facts.name)) names.add(vendor);
  if (facts.anyVendor) names.add('*');
  return names;
}

function variants(values: readonly string[]): Set<string> {
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
function prefixesOf(value: string): string[] {
  return [...value.matchAll(/[-_]/g)].map((match) => value.slice(0, match.index)).filter((part) => part !== '');
}

function escape(value: string): string {
  return value.replace(/[^A-Za-z0-9._-]/g, (character) => (character === ' ' ? '_' : `\\${character}`));
}
