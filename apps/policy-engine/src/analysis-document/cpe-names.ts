import { list } from './image-facts.js';

/** CPEs of one package that are read; analyzers guess many of the same product. */
const MOST = 200;
const FORM = /^cpe:2\.3:[aoh*-]$/;

/**
 * What CPE 2.3 names (NIST IR 7695, formatted strings) say of product and version: `product version`, in small letters,
 * without escapes, each once. Names that say neither are left out; null when none is left.
 */
export function cpeNames(cpes: unknown): string[] | null {
  const names = new Set<string>();
  for (const cpe of list(cpes).slice(0, MOST)) {
    if (typeof cpe !== 'string' || cpe.length > 1000) continue;
    // A colon of a value is escaped.
    const parts = cpe.match(/(?:\\.|[^:\\])+|(?<=:)(?=:)/gs) ?? [];
    const [prefix, release, part, , product, version] = parts;
    if (!FORM.test(`${prefix}:${release}:${part}`)) continue;
    if (isAny(product) || isAny(version)) continue;
    names.add(`${value(product)} ${value(version)}`.toLowerCase());
  }
  return names.size > 0 ? [...names] : null;
}

function isAny(part: string | undefined): boolean {
  return part === undefined || part === '' || part === '*' || part === '-';
}

function value(part = ''): string {
  return part.replace(/\\(.)/gs, '$1').replaceAll(' ', '_');
}
