import { catalog } from '../testing/catalog.js';
import { parseGemSpec } from './gemspec.js';

/** As `gem install` of RubyGems 3.3 wrote it. */
const SPEC = `# -*- encoding: utf-8 -*-
# stub: testbed-gem 1.2.3 ruby lib

Gem::Specification.new do |s|
  s.name = "testbed-gem".freeze
  s.version = "1.2.3"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Test Bed".freeze, "D\\u00E9j\\u00E0, Vu".freeze]
  s.date = "2023-11-14"
  s.email = "bed@example.test".freeze
  s.files = ["lib/testbed_gem.rb".freeze]
  s.homepage = "https://example.test/".freeze
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  s.rubygems_version = "3.3.15".freeze
  s.summary = "A \\"test\\" gem".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
`;

describe('the gem cataloger', () => {
  it('reads installed specifications', async () => {
    const path = '/var/lib/gems/3.1.0/specifications/testbed-gem-1.2.3.gemspec';
    const { element, image } = await catalog([
      { name: path.slice(1), content: SPEC },
      { name: 'src/testbed-gem/testbed-gem.gemspec', content: SPEC },
    ]);
    expect(image.warnings).toEqual([]);
    const { cpes, ...record } = element('pkgs.gems')[path] ?? {};
    expect(Object.keys(element('pkgs.gems'))).toEqual([path]);
    expect(record).toEqual({
      name: 'testbed-gem',
      versions: ['1.2.3'],
      latest: '1.2.3',
      sourcepkg: 'https://example.test/',
      files: ['lib/testbed_gem.rb'],
      origins: ['Test Bed', 'Déjà, Vu'],
      lics: ['MIT', 'Ruby'],
    });
    const vendors = new Set((cpes as string[]).map((cpe) => cpe.split(':')[3]));
    expect([...vendors].sort()).toEqual(
      ['*', 'ruby', 'ruby-lang', 'ruby_lang', 'test-bed', 'test_bed', 'testbed', 'testbed-gem', 'testbed_gem'].sort(),
    );
    expect((cpes as string[])[0]).not.toContain(':*:testbed');
  });

  it.each([
    [
      'single quotes and versions as objects',
      `s.name = 'a'\ns.version = Gem::Version.new("2.0")\n`,
      'x.gemspec',
      ['a', '2.0'],
    ],
    [
      'what is computed, by the name of the file',
      's.name = NAME\ns.version = VERSION\n',
      'a-b-1.0.1-java.gemspec',
      ['a-b', '1.0.1'],
    ],
    [
      'one author, one licence',
      `s.name='a'\n s.version='1'\n s.author='X'\n s.license='MIT'`,
      'x.gemspec',
      ['a', '1', 'X', 'MIT'],
    ],
    [
      'lists over many lines',
      `s.name="a"\ns.version="1"\ns.authors = [\n  "X",\n  %q<Y>\n]\n`,
      'x.gemspec',
      ['a', '1', 'X', 'Y'],
    ],
    ['nothing', 'puts 1', 'x.gemspec', ['', '']],
  ])('understands %s', (_what, text, file, [name, version, ...rest]) => {
    const spec = parseGemSpec(text, file);
    expect([spec.name, spec.version, ...spec.authors, ...spec.licenses]).toEqual([name, version, ...rest]);
  });

  it('is not kept busy by unfinished texts', () => {
    const spec = parseGemSpec(`s.name = "a"\n${'s.files = %q<\n'.repeat(200_000)}`, 'a-1.gemspec');
    expect(spec).toMatchObject({ name: 'a', version: '1' });
  });
});
