import type { ImageView } from '../image-view.js';
import { required, textList } from '../parameters/index.js';
import { defineGate, defineTrigger, type Finding } from './gate.js';

const exactMatch = defineTrigger({
  name: 'blacklist_exact_match',
  description: 'Fires once when packages have one of the given licenses; a license text counts word by word',
  parameters: {
    licenses: required(textList, { description: 'Names of licenses', example: 'GPLv2+,GPL-3+,BSD-2-clause' }),
  },
  async evaluate(context, { licenses: refused }): Promise<Finding[]> {
    const all = await context.once(packageLicenses);
    return row(
      'LICFULLMATCH',
      all.filter(({ license }) => refused.includes(license)),
    );
  },
});

const partialMatch = defineTrigger({
  name: 'blacklist_partial_match',
  description: 'Fires once when a license of a package contains one of the given texts',
  parameters: {
    licenses: required(textList, { description: 'Parts of names of licenses', example: 'LGPL,BSD' }),
  },
  async evaluate(context, { licenses: refused }): Promise<Finding[]> {
    const all = await context.once(packageLicenses);
    const matches = all.flatMap((found) => refused.filter((text) => found.license.includes(text)).map(() => found));
    return row('LICSUBMATCH', matches);
  },
});

interface PackageLicense {
  name: string;
  license: string;
}

async function packageLicenses(view: ImageView): Promise<PackageLicense[]> {
  const packages = await view.packages();
  return packages.flatMap(({ name, license }) =>
    (license ?? '')
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => ({ name, license: word })),
  );
}

function row(code: string, matches: readonly PackageLicense[]): Finding[] {
  if (matches.length === 0) return [];
  const names = matches.map(({ name, license }) => `${name}(${license})`).join(', ');
  return [{ message: `${code} Packages are installed that have blacklisted licenses: ${names}` }];
}

/** Checks of the licenses of packages. */
export const licenses = defineGate({
  name: 'licenses',
  description: 'Checks the licenses of the packages in the image',
  triggers: [exactMatch, partialMatch],
});
