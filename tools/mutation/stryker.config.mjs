/** How the ledger's unit specs are held against faults that a program puts into it; see docs/testing.md. */
export default {
  mutate: ['libs/ledger/src/**/*.ts', '!libs/ledger/src/**/*.spec.ts', '!libs/ledger/src/index.ts'],
  // What its copy of the tree needs, and no more.
  ignorePatterns: ['**', '!libs/ledger/src/**', '!libs/ledger/package.json', '!jest.config.mjs', '!.swcrc'],
  plugins: ['./tools/mutation/runner.mjs', '@stryker-mutator/jest-runner'],
  testRunner: 'in-process',
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // Modules stay in the memory of a process, once for each mutant.
  maxTestRunnerReuse: 200,
  // Added to one and a half times of what the tests take without a fault: a busy machine is no endless loop.
  timeoutMS: 10_000,
  // The same under Jest, to see that the runner of ours tells the truth: `--testRunner jest`, three seconds a mutant.
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    configFile: 'jest.config.mjs',
    enableFindRelatedTests: false,
    config: {
      roots: ['<rootDir>/libs/ledger/src'],
      testMatch: ['**/*.unit.spec.ts'],
      // The copy lies under .florin.
      testPathIgnorePatterns: ['/node_modules/'],
      modulePathIgnorePatterns: [],
    },
  },
  warnings: { slow: false },
  tempDirName: '.florin/mutation/copies',
  reporters: ['clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.florin/mutation/report.json' },
  htmlReporter: { fileName: '.florin/mutation/report.html' },
  allowConsoleColors: false,
};
