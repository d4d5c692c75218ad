// Two rings: `unit` (*.spec.ts) needs nothing, `integration` (*.int.spec.ts) gets a real PostgreSQL from the set-up.
// NODE_OPTIONS=--experimental-vm-modules lets ESM-only packages (pg-boss) load with require() under Jest.
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  resolver: '<rootDir>/tools/jest/resolver.js',
  roots: ['<rootDir>/apps', '<rootDir>/examples', '<rootDir>/libs', '<rootDir>/tools'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    '^@kedge/driver-([a-z0-9]+)$': '<rootDir>/libs/drivers/$1/src/index.ts',
    '^@kedge/drivers$': '<rootDir>/libs/drivers/builtin/src/index.ts',
    '^@kedge/(catalog|policy-engine|analyzer|manager)$': '<rootDir>/apps/$1/src/index.ts',
    '^@kedge/([a-z-]+)/([a-z-]+)$': '<rootDir>/libs/$1/src/$2/index.ts',
    '^@kedge/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  modulePathIgnorePatterns: ['/dist/'],
};

module.exports = {
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: ['/dist/', '\\.int\\.spec\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['**/*.int.spec.ts'],
      testPathIgnorePatterns: ['/dist/'],
      globalSetup: '<rootDir>/tools/jest/global-setup.js',
      globalTeardown: '<rootDir>/tools/jest/global-teardown.js',
    },
  ],
};
