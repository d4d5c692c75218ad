import type { CpeFacts, CpeKind } from './cpe.js';

/** Products that the National Vulnerability Database knows under another name than the package's. */
const PRODUCTS: Partial<Record<CpeKind, Record<string, string[]>>> = {
  java: {
    springframework: ['spring_framework', 'springsource_spring_framework'],
    'spring-core': ['spring_framework', 'springsource_spring_framework'],
    'apache-cassandra': ['cassandra'],
  },
  npm: {
    hapi: ['hapi_server_framework'],
    'handlebars.js': ['handlebars'],
    'is-my-json-valid': ['is_my_json_valid'],
    mustache: ['mustache.js'],
  },
  gem: {
    'Arabic-Prawn': ['arabic_prawn'],
    'bio-basespace-sdk': ['basespace_ruby_sdk'],
    cremefraiche: ['creme_fraiche'],
    'html-sanitizer': ['html_sanitizer'],
    'sentry-raven': ['raven-ruby'],
    RedCloth: ['redcloth_library'],
    VladTheEnterprising: ['vladtheenterprising'],
    'yajl-ruby': ['yajl-ruby_gem'],
  },
  python: { 'python-rrdtool': ['rrdtool'] },
};

const VENDORS: Partial<Record<CpeKind, Record<string, string[]>>> = {
  java: { elasticsearch: ['elastic'], log4j: ['apache'] },
};

/** Product names beside those made from a package's name. */
export function additionalProducts(kind: CpeKind, name: string): readonly string[] {
  return own(PRODUCTS[kind], name);
}

/** Vendors beside those made from a package's name and metadata. */
export function additionalVendors(kind: CpeKind, name: string): readonly string[] {
  return own(VENDORS[kind], name);
}

/** True for a candidate that means a product which the package only works with. */
export function isMisleading(facts: CpeFacts, vendor: string, product: string): boolean {
  const name = facts.name.toLowerCase();
  if (product === 'jira') return ['*', 'jira', 'atlassian'].includes(vendor) && name.includes('client');
  if (product === 'jenkins') return ['*', 'jenkins', 'cloudbees'].includes(vendor) && !name.includes('jenkins');
  return false;
}

function own(table: Record<string, string[]> | undefined, name: string): readonly string[] {
  return table && Object.hasOwn(table, name) ? (table[name] ?? []) : [];
}
