import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

/** One configuration for every project; the level (unit, int, e2e) is chosen by file name on the command line. */
export default {
  testEnvironment: 'node',
  // Resolve sibling libs to their sources, so that a test never sees a stale build.
  testEnvironmentOptions: {
    customExportConditions: ['@florin/source', 'node', 'node-addons'],
  },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { configFile: `${root}.swcrc` }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['**/*.spec.ts', '**/*.spec.mjs'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.florin/'],
  modulePathIgnorePatterns: ['/dist/', '/.florin/'],
  testTimeout: 30_000,
};
