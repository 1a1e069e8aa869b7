import eslint from '@eslint/js';
import { builtinModules } from 'node:module';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const OUTSIDE_THE_CONFIGURATION = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message:
    'Only src/platform/config/config.ts reads the environment; everything else gets the parsed configuration.',
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      '.sluice/',
      'node_modules/',
      'sandbox/page/',
      'src/sdk/client/schema.ts',
      'drizzle.config.ts',
    ],
  },
  eslint.configs.recommended,
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A forgotten await of an activity or of a write is work that nobody waits for.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `${count}` is what templates are for.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An async function is also how an interface is kept whose other implementations wait.
      '@typescript-eslint/require-await': 'off',
      'no-unused-vars': 'off',
    },
  },
  {
    // What is matched came from somebody else: a pattern that may take more steps than its text has characters holds
    // up everybody (docs/laws.md, law 5).
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: ['src/platform/config/config.ts'],
    rules: { 'no-restricted-syntax': ['error', OUTSIDE_THE_CONFIGURATION] },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: ['src/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    // Workflows run again from their history: anything that differs between two runs breaks them.
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: builtinModules.flatMap((name) => [name, `node:${name}`]), patterns: ['node:*'] },
      ],
    },
  },
  {
    // Node's own runner waits for what it has begun.
    files: ['template/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // What a matcher or a JSON answer of a test gives is `any`; the assertion on it is the check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...[
            'process',
            'console',
            'Buffer',
            'URL',
            'fetch',
            'performance',
            'module',
            'setTimeout',
            'clearTimeout',
          ],
          ...[
            'setInterval',
            'clearInterval',
            'AbortController',
            'AbortSignal',
            'TextDecoder',
            'setImmediate',
          ],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
