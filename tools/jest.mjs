import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `node ../../tools/jest.mjs unit|int|e2e [jest arguments]`, from a project's folder: runs that project's tests of one level.
 *
 * Tests that start servers share the machine with whatever else it does. A few files of them that failed are run once more,
 * alone; what passes only then does not fail the run, but is in its report as `unsteady` and named in the summary of `npm test`.
 * With FLORIN_TEST_ATTEMPTS=1 there is no second time.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const [level, ...rest] = process.argv.slice(2);
const project = relative(root, process.cwd()).replaceAll(sep, '-');
const reports = process.env.FLORIN_TEST_REPORTS ?? join(root, '.florin', 'test-reports');
const reportFile = join(reports, `${project}.${level}.json`);
const mostFilesTwice = 3;

mkdirSync(reports, { recursive: true });
rmSync(reportFile, { force: true });
const all = ['--testPathPatterns', `\\.${level}\\.spec\\.(ts|mjs)$`];
let status = jest(all, reportFile);
if (status !== 0 && level !== 'unit' && process.env.FLORIN_TEST_ATTEMPTS !== '1') status = secondAttempt();
process.exit(status);

function jest(which, outputFile) {
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
      ...(level === 'unit' ? [] : ['--runInBand']),
      '--json',
      '--outputFile',
      outputFile,
      ...which,
      ...rest,
    ],
    // jest --json prints the report on stdout as well; the readable report goes to stderr.
    { stdio: ['inherit', 'ignore', 'inherit'] },
  );
  return result.status ?? 1;
}

function secondAttempt() {
  if (!existsSync(reportFile)) return 1;
  const first = JSON.parse(readFileSync(reportFile, 'utf8'));
  const failed = first.testResults.filter((file) => file.status === 'failed');
  if (failed.length === 0 || failed.length > mostFilesTwice) return 1;
  process.stderr.write(`\nOnce more, alone: ${failed.map(({ name }) => relative(root, name)).join(', ')}\n`);
  const secondFile = `${reportFile}.second`;
  const again = jest(['--runTestsByPath', ...failed.map(({ name }) => name)], secondFile);
  if (!existsSync(secondFile)) return 1;
  const second = JSON.parse(readFileSync(secondFile, 'utf8'));
  rmSync(secondFile);
  writeFileSync(reportFile, JSON.stringify(merged(first, second)));
  return again;
}

/** The first report with the second's results of the files that are in both, and what failed in the first alone. */
function merged(first, second) {
  const latest = new Map(second.testResults.map((file) => [file.name, file]));
  const unsteady = first.testResults.filter(
    ({ name, status: was }) => was === 'failed' && latest.get(name)?.status === 'passed',
  );
  const testResults = first.testResults.map((file) => latest.get(file.name) ?? file);
  const count = (wanted) =>
    testResults.flatMap((file) => file.assertionResults).filter(({ status: is }) => wanted.includes(is))
      .length;
  return {
    ...first,
    testResults,
    unsteady,
    numPassedTests: count(['passed']),
    numFailedTests: count(['failed']),
    numPendingTests: count(['pending', 'skipped']),
  };
}
