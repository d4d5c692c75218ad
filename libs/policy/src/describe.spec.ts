import { describeGates } from './describe.js';
import { validateBundle } from './bundle/validate.js';
import { bundleOf, rule } from './testing/rule.js';

const gates = describeGates();

describe('describeGates', () => {
  it('describes what is in use first, then what is not', () => {
    expect(gates.map(({ name }) => name)).toEqual([
      ...['always', 'dockerfile', 'files', 'licenses', 'malware', 'metadata', 'npms', 'packages', 'passwd_file'],
      ...['retrieved_files', 'ruby_gems', 'secret_scans', 'tag_drift', 'vulnerabilities'],
      ...['suiddiff', 'imagecheck', 'pkgdiff', 'anchoresec', 'pkgcheck', 'dockerfilecheck', 'filecheck'],
      ...['fileparse_passwd', 'gemcheck', 'metadatacheck', 'licblacklist', 'npmcheck', 'pkgblacklist', 'secretcheck'],
    ]);
    expect(gates.map(({ state }) => state)).toEqual([
      ...Array<string>(14).fill('active'),
      ...Array<string>(14).fill('eol'),
    ]);
    expect(gates.find(({ name }) => name === 'anchoresec')?.superceded_by).toBe('vulnerabilities');
  });

  it('has the triggers and parameters that bundles use; ! marks what a rule must give', () => {
    const forms = gates
      .filter(({ state }) => state === 'active')
      .flatMap((gate) =>
        gate.triggers.map(({ name, parameters }) => {
          const given = parameters.map((parameter) => `${parameter.name}${parameter.required ? '!' : ''}`);
          return [`${gate.name}.${name}`, ...given].join(' ');
        }),
      );
    const cvss = ['base', 'exploitability', 'impact'].map((kind) => `cvss_v3_${kind}_score`);
    const compared = (prefix: string) => cvss.map((name) => `${prefix}${name}_comparison ${prefix}${name}`).join(' ');
    const lines = `
      always.always
      dockerfile.instruction instruction! check! value actual_dockerfile_only
      dockerfile.effective_user users! type!
      dockerfile.exposed_ports ports! type! actual_dockerfile_only
      dockerfile.no_dockerfile_provided
      files.content_regex_match regex_name
      files.name_match regex!
      files.attribute_match filename! checksum_algorithm checksum checksum_match mode mode_op skip_missing
      files.suid_or_guid_set
      licenses.blacklist_exact_match licenses!
      licenses.blacklist_partial_match licenses!
      malware.scans
      malware.scan_not_run
      metadata.attribute attribute! check! value
      npms.newer_version_in_feed
      npms.unknown_in_feeds
      npms.version_not_in_feeds
      npms.blacklisted_name_version name! version
      npms.feed_data_unavailable
      packages.required_package name! version version_match_type
      packages.verify only_packages only_directories check
      packages.blacklist name! version
      passwd_file.content_not_available
      passwd_file.blacklist_usernames user_names!
      passwd_file.blacklist_userids user_ids!
      passwd_file.blacklist_groupids group_ids!
      passwd_file.blacklist_shells shells!
      passwd_file.blacklist_full_entry entry!
      retrieved_files.content_not_available path!
      retrieved_files.content_regex path! check! regex!
      ruby_gems.newer_version_found_in_feed
      ruby_gems.not_found_in_feed
      ruby_gems.version_not_found_in_feed
      ruby_gems.blacklist name! version
      ruby_gems.feed_data_unavailable
      secret_scans.content_regex_checks content_regex_name filename_regex match_type
      tag_drift.packages_added package_type
      tag_drift.packages_removed package_type
      tag_drift.packages_modified package_type
      vulnerabilities.package package_type! severity_comparison severity ${compared('')} fix_available vendor_only \
max_days_since_creation max_days_since_fix ${compared('vendor_')} package_path_exclude
      vulnerabilities.stale_feed_data max_days_since_sync!
      vulnerabilities.vulnerability_data_unavailable
      vulnerabilities.blacklist vulnerability_ids! vendor_only`;
    expect(forms).toEqual(lines.trim().split(/\n\s+/));
  });

  it('has the documented form', () => {
    const trigger = gates.find(({ name }) => name === 'packages')?.triggers[1];
    expect(trigger).toEqual({
      name: 'verify',
      description: expect.stringContaining('package database'),
      state: 'active',
      superceded_by: null,
      parameters: [
        expect.objectContaining({
          name: 'only_packages',
          validator: expect.objectContaining({ type: 'CommaDelimitedStringList' }),
        }),
        expect.objectContaining({ name: 'only_directories' }),
        {
          name: 'check',
          description: expect.any(String),
          example: 'changed',
          required: false,
          state: 'active',
          superceded_by: null,
          validator: {
            description: 'One of changed, missing',
            criteria: { type: 'string', enum: ['changed', 'missing'] },
            type: 'EnumString',
          },
        },
      ],
    });
  });

  it('says in the description that a trigger is switched off', () => {
    const verify = describeGates({ packageDbLoad: false }).find(({ name }) => name === 'packages')?.triggers[1];
    expect(verify).toMatchObject({
      state: 'active',
      description: expect.stringContaining('enable_package_db_load is false'),
    });
  });

  it('gives examples that its own validation accepts', () => {
    const rules = gates
      .filter(({ state }) => state === 'active')
      .flatMap((gate) =>
        gate.triggers.map((trigger) => {
          const params = Object.fromEntries(trigger.parameters.map(({ name, example }) => [name, example]));
          return rule(`${gate.name}.${trigger.name}`, params, { id: `${gate.name}.${trigger.name}` });
        }),
      );
    expect(rules.length).toBeGreaterThan(40);
    expect(validateBundle(bundleOf(rules), { packageDbLoad: true })).toEqual({ valid: true, problems: [] });
  });
});
