import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `node ../../tools/jest.mjs unit|int|e2e [jest arguments]`, from a project's folder: runs that project's tests of one level. */
const root = fileURLToPath(new URL('..', import.meta.url));
const [level, ...rest] = process.argv.slice(2);
const project = relative(root, process.cwd()).replaceAll(sep, '-');
const reports = process.env.FLORIN_TEST_REPORTS ?? join(root, '.florin', 'test-reports');
mkdirSync(reports, { recursive: true });

const result = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--config',
    join(root, 'jest.config.mjs'),
    '--rootDir',
    process.cwd(),
    '--testPathPatterns',
    `\\.${level}\\.spec\\.(ts|mjs)$`,
    ...(level === 'unit' ? [] : ['--runInBand']),
    '--json',
    '--outputFile',
    join(reports, `${project}.${level}.json`),
    ...rest,
  ],
  // jest --json prints the report on stdout as well; the readable report goes to stderr.
  { stdio: ['inherit', 'ignore', 'inherit'] },
);
process.exit(result.status ?? 1);
