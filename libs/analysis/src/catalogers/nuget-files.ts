import { firstElement, withoutComments } from './xml.js';

/** Facts of one NuGet package; '' for what is not stated. */
export interface NugetPackage {
  name: string;
  version: string;
  license: string;
  authors: string;
  /** Base64, as deps.json has it. */
  sha512: string;
  /** Below a package folder: `newtonsoft.json/13.0.1`. */
  path: string;
}

/**
 * The packages of a `*.deps.json`, which the .NET host reads to find an application's assemblies: members of `libraries`
 * with the type `package`. Throws when the text is no JSON object.
 */
export function* parseDepsJson(text: string): Generator<NugetPackage> {
  const json = JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown> | null;
  if (typeof json !== 'object' || json === null) throw new Error('not a JSON object');
  for (const [key, library] of Object.entries(object(json['libraries']))) {
    const slash = key.lastIndexOf('/');
    const { type, sha512, path } = object(library);
    if (type !== 'package' || slash < 1 || slash === key.length - 1) continue;
    yield {
      name: key.slice(0, slash),
      version: key.slice(slash + 1),
      license: '',
      authors: '',
      sha512: string(sha512).replace(/^sha512-/, ''),
      path: string(path),
    };
  }
}

/** Facts of a `.nuspec` in a package folder; undefined when it lacks id or version. */
export function parseNuspec(text: string): NugetPackage | undefined {
  const plain = withoutComments(text);
  const metadata = plain.slice(Math.max(0, plain.indexOf('<metadata'))).split('</metadata>', 1)[0] ?? '';
  const name = firstElement(metadata, 'id').text;
  const version = firstElement(metadata, 'version').text;
  if (name === '' || version === '') return undefined;
  const license = firstElement(metadata, 'license');
  return {
    name,
    version,
    license: license.attributes.includes('expression') ? license.text : firstElement(metadata, 'licenseUrl').text,
    authors: firstElement(metadata, 'authors').text,
    sha512: '',
    path: '',
  };
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
