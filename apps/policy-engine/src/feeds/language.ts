/** Package types by what the names of feed groups call them, `github:java`. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ...{ java: 'java', maven: 'java', ruby: 'gem', gem: 'gem', npm: 'npm', js: 'npm' },
  ...{ python: 'python', nuget: 'nuget', dotnet: 'nuget', go: 'go', binary: 'binary' },
};
const NAMES = new Set(Object.values(LANGUAGES));

/** The language that a package is of; undefined for packages of the operating system and types unknown to feeds. */
export function languageOf(packageType: string): string | undefined {
  const type = packageType.toLowerCase();
  return Object.hasOwn(LANGUAGES, type) ? LANGUAGES[type] : undefined;
}

/** The language that a feed group is about; undefined for those of distributions. */
export function languageOfGroup(group: string): string | undefined {
  return group.split(':').find((part) => NAMES.has(part));
}
