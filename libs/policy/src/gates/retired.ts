import { defineGate, defineTrigger, type Gate } from './gate.js';

/** Gates of old bundles: refused at upload, ignored with a problem at evaluation (policy spec 4.15). */
const RETIRED: readonly [gate: string, successor: string | null, triggers: string][] = [
  ['suiddiff', null, 'suiddiff suidfileadd suidfiledel suidmodediff'],
  ['imagecheck', null, 'baseoutofdate'],
  ['pkgdiff', null, 'pkgversiondiff pkgadd pkgdel pkgdiff'],
  [
    'anchoresec',
    'vulnerabilities',
    'vulnlow vulnmedium vulnhigh vulncritical vulnunknown feedoutofdate unsupporteddistro',
  ],
  ['pkgcheck', 'packages', 'pkgnotpresent verify'],
  [
    'dockerfilecheck',
    'dockerfile',
    'directivecheck effectiveuser expose nofrom fromscratch notag sudo volumepresent nohealthcheck nodockerfile',
  ],
  ['filecheck', 'files', 'contentmatch filenamematch suidsgidcheck'],
  ['fileparse_passwd', 'passwd_file', 'filenotstored usernamematch useridmatch groupidmatch shellmatch pentrymatch'],
  ['gemcheck', 'gems', 'gemnotlatest gemnotofficial gembadversion gempkgfullmatch gempkgnamematch gemnofeed'],
  ['metadatacheck', 'metadata', 'attributecheck'],
  ['licblacklist', 'licenses', 'licfullmatch licsubmatch'],
  ['npmcheck', 'npms', 'npmnotlatest npmnotofficial npmbadversion npmpkgfullmatch npmpkgnamematch npmnofeed'],
  ['pkgblacklist', 'packages', 'pkgfullmatch pkgnamematch'],
  ['secretcheck', 'secret_scans', 'contentmatch filenamematch'],
];

/** Gates that have reached the end of their life. */
export const retiredGates: readonly Gate[] = RETIRED.map(([name, successor, triggers]) =>
  defineGate({
    name,
    description: successor === null ? 'No longer available' : `No longer available; use the gate ${successor}`,
    state: 'eol',
    supersededBy: successor,
    triggers: triggers.split(' ').map((trigger) =>
      defineTrigger({
        name: trigger,
        description: 'No longer available',
        state: 'eol',
        ...(successor === null ? {} : { supersededBy: successor }),
        parameters: {},
        evaluate: () => [],
      }),
    ),
  }),
);
