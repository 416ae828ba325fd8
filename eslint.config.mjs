import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier/flat';
import tseslint from 'typescript-eslint';
import florin from './tools/eslint/plugin.mjs';
import * as policy from './tools/eslint/policy.mjs';
import { ensureProjectGraph } from './tools/eslint/project-graph.mjs';
import * as restrictions from './tools/eslint/restrictions.mjs';

await ensureProjectGraph();

const { environment, floatingPointProperties, floatingPointGlobals, chanceAndClock, outsideWorld } =
  restrictions;
const inside = (folders) => folders.map((folder) => `${folder}/**`);
const boundaries = (depConstraints) => ['error', { allow: [], depConstraints }];

export default [
  { ignores: ['**/dist/**', '**/node_modules/**', '.florin/**', '.nx/**'] },
  // A rule that is wrong is changed here, for all: nobody switches one off in a file.
  { linterOptions: { noInlineConfig: true } },
  ...tseslint.configs.recommended,
  {
    name: 'florin/everywhere',
    plugins: { '@nx': nx, florin },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(policy.sourceConstraints),
      'florin/no-import-cycle': 'error',
      'florin/package-owners': 'error',
      'no-console': 'error',
      'no-restricted-properties': ['error', ...environment],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'array-callback-return': 'error',
      eqeqeq: 'error',
      'no-constant-binary-expression': 'error',
      'no-duplicate-case': 'error',
      'no-loss-of-precision': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-assignment': 'error',
      'no-useless-catch': 'error',
      'preserve-caught-error': 'error',
      complexity: ['error', 20],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 6],
    },
  },
  {
    name: 'florin/typed',
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'florin/injectable-imports': 'error',
      '@typescript-eslint/await-thenable': 'error',
      // Leaves files with decorators alone: their constructors need value imports.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    name: 'florin/money',
    files: inside(policy.moneyProjects),
    rules: {
      'no-restricted-properties': ['error', ...environment, ...floatingPointProperties],
      'no-restricted-globals': ['error', ...floatingPointGlobals],
    },
  },
  {
    name: 'florin/ledger',
    files: ['libs/ledger/**'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-properties': ['error', ...environment, ...floatingPointProperties, ...chanceAndClock],
      'no-restricted-globals': ['error', ...floatingPointGlobals, ...outsideWorld],
      'no-restricted-syntax': ['error', ...restrictions.presentTime],
    },
  },
  {
    name: 'florin/environment',
    files: [...inside(policy.commandLines), ...policy.environmentReaders],
    rules: { 'no-restricted-properties': 'off' },
  },
  { name: 'florin/command-lines', files: inside(policy.commandLines), rules: { 'no-console': 'off' } },
  {
    name: 'florin/specs',
    files: ['**/*.spec.ts', '**/*.spec.mjs'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(policy.specConstraints),
      'no-restricted-properties': ['error', ...restrictions.focusedExamples],
      // A describe() holds many examples; matchers such as expect.any(), and rows of a database, are `any`.
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  prettier,
];
