/** ES modules throughout: `npm test` sets --experimental-vm-modules. The kind of a test is in its file name. */
export default {
  testEnvironment: 'node',
  // The time-out is for tests that hang: a busy machine must not fail a promise that is kept.
  testTimeout: 30_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // TypeScript's way to import: the file is .ts, the specifier .js.
  moduleNameMapper: {
    '^(\\.{1,2}/(?!.*\\.json\\.js$).*)\\.js$': '$1',
    // What users define imports it by its name.
    '^sluice$': '<rootDir>/src/sdk/sluice.ts',
  },
  resolver: '<rootDir>/test/support/jestResolver.mjs',
  moduleFileExtensions: ['ts', 'tsx', 'mjs', 'js', 'json', 'node'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  // jest's loader keeps every ES module that a worker has loaded (jest#14605): a worker that has grown is replaced.
  workerIdleMemoryLimit: '700MB',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/main.ts', '!src/cli/**'],
  coverageProvider: 'v8',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.sluice/'],
};
