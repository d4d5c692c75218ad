import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const pure = ['analysis', 'policy'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.kedge/**', '.cache/**', 'samples/**', '**/testdata/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked, prettier],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off', // interface methods may be async by contract
      '@typescript-eslint/no-extraneous-class': 'off', // Nest modules are empty classes
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: [
            { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform'] },
            { sourceTag: 'type:storage', onlyDependOnLibsWithTags: ['type:platform'] },
            { sourceTag: 'type:driver', onlyDependOnLibsWithTags: ['type:storage'] },
            { sourceTag: 'type:driver-set', onlyDependOnLibsWithTags: ['type:storage', 'type:driver'] },
            {
              sourceTag: 'type:domain',
              onlyDependOnLibsWithTags: ['type:domain', 'type:storage', 'type:driver-set', 'type:platform'],
            },
            {
              sourceTag: 'type:app',
              onlyDependOnLibsWithTags: ['type:domain', 'type:storage', 'type:driver-set', 'type:platform'],
            },
            {
              sourceTag: 'type:cli',
              onlyDependOnLibsWithTags: ['type:app', 'type:domain', 'type:storage', 'type:driver-set', 'type:platform'],
            },
          ],
        },
      ],
    },
  },
  {
    // Inventories and verdicts are pure: no framework, no database, no network.
    files: pure.map((name) => `libs/${name}/src/**/*.ts`),
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['@nestjs/*', 'typeorm', 'pg', 'pg-*', 'node:http', 'node:https', 'node:net', '@kedge/*'] },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off', // response bodies are checked by the assertions themselves
      '@typescript-eslint/no-unsafe-member-access': 'off', // same
      '@typescript-eslint/no-unsafe-call': 'off', // same
      '@typescript-eslint/no-unsafe-argument': 'off', // same
      '@typescript-eslint/no-unsafe-return': 'off', // same
    },
  },
);
