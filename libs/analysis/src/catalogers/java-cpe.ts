import { cpes, personVendor } from './cpe.js';
import type { JavaManifest, Pom } from './java-archive.js';

const FIRST_FIELDS = [
  'Extension-Name',
  'Specification-Vendor',
  'Implementation-Vendor',
  'Bundle-SymbolicName',
  'Implementation-Vendor-Id',
  'Implementation-Title',
  'Bundle-Activator',
];
const LAST_FIELDS = ['Automatic-Module-Name', 'Main-Class', 'Package'];
const NO_VENDORS = ['plugin', 'plugins'];
const NO_PRODUCTS = ['plugin', 'plugins', 'client'];

/** Name candidates of a Java package: what Maven or the manifest call its group tells vendors, and sometimes products. */
export function javaCpes(name: string, version: string, pom: Pom | undefined, manifest?: JavaManifest): string[] {
  const groups = groupIds(pom, manifest);
  const parts = groups.flatMap((group) => group.split('.').slice(1));
  const products = groups.flatMap((group) => groupProducts(group, pom?.artifactId ?? ''));
  const vendors = parts.filter((part) => !NO_VENDORS.includes(part)).map((value) => ({ value, prefixes: true }));
  const persons = ['Specification-Vendor', 'Implementation-Vendor']
    .map((field) => manifest?.all[field] ?? '')
    .filter((vendor) => vendor !== '' && !isGroupId(vendor))
    .map(personVendor);
  return cpes({ kind: 'java', name, version, products: [name, ...products], vendors: [...vendors, ...persons] });
}

function groupIds(pom: Pom | undefined, manifest: JavaManifest | undefined): string[] {
  const fromFields = (fields: string[]) =>
    fields.map((field) => (manifest?.all[field] ?? '').split(';')[0]?.trim() ?? '').filter(isGroupId);
  const first = fromFields(FIRST_FIELDS);
  const fromManifest = first.length > 0 ? first : fromFields(LAST_FIELDS);
  const fromPom = pom ? [pom.groupId, ...(pom.otherGroupIds ?? []), pom.artifactId].filter(isGroupId) : [];
  return [...new Set([...fromPom, ...fromManifest])];
}

function isGroupId(text: string): boolean {
  return /^(?:com|org|net|io)\../.test(text);
}

/** Parts of a group id from the third on that are (a part of) the product's name as well. */
function groupProducts(group: string, artifact: string): string[] {
  const parts = group
    .split('.')
    .slice(2)
    .filter((part) => !NO_PRODUCTS.includes(part));
  if (artifact === '') return parts;
  if (artifact.includes('plugin') || group.includes('plugin')) return [];
  return parts.filter((part) => artifact.startsWith(part) || artifact.endsWith(part));
}
