import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { nodeBinary, root, toolEnvironment } from './installation.mjs';
import { run } from './processes.mjs';

const reports = join(root, '.florin', 'test-reports');
const all = String(availableParallelism());

/** Each step with its command; `level` names the tests whose reports it leaves. */
const steps = [
  { name: 'formatting', tool: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint and import boundaries', ...nx('lint', all) },
  { name: 'types', ...nx('typecheck', all) },
  { name: 'unit tests', level: 'unit', ...nx('unit', all) },
  { name: 'build', ...nx('build', all) },
  { name: 'integration tests', level: 'int', ...nx('int', '1') },
  { name: 'end-to-end tests', level: 'e2e', ...nx('e2e', '1') },
];

function nx(target, parallel) {
  return {
    tool: 'nx/dist/bin/nx.js',
    args: ['run-many', '-t', target, `--parallel=${parallel}`],
  };
}

/** Runs every step, also after one that failed, and prints a summary. `extra` goes to Nx (`--projects …`). */
export async function testSuite(extra) {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const results = [];
  for (const step of steps) {
    process.stdout.write(`\n── ${step.name} ──\n`);
    const startedAt = Date.now();
    const args = [join(root, 'node_modules', step.tool), ...step.args];
    const code = await run(nodeBinary(), step.tool.startsWith('nx/') ? [...args, ...extra] : args, {
      env: toolEnvironment(),
      cwd: root,
    });
    if (code > 128) return code;
    results.push({ ...step, passed: code === 0, elapsedMs: Date.now() - startedAt });
  }
  process.stdout.write(summary(results, readReports(reports)));
  return results.every((result) => result.passed) ? 0 : 1;
}

/** The reports that `tools/jest.mjs` left in a folder. */
export function readReports(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const [, project, level] = /^(.+)\.(\w+)\.json$/.exec(file) ?? [];
      return { project, level, report: JSON.parse(readFileSync(join(folder, file), 'utf8')) };
    });
}

/** The summary for a person: a line per step with its time and tests, then the names of what failed. */
export function summary(results, reportsOfProjects) {
  const width = Math.max(28, ...results.map(({ name }) => name.length));
  const lines = results.map((result) => {
    const own = reportsOfProjects.filter(({ level }) => level !== undefined && level === result.level);
    const seconds = (result.elapsedMs / 1000).toFixed(1).padStart(7);
    return `${result.passed ? '✓' : '✗'} ${result.name.padEnd(width)}${seconds} s${counts(result, own)}`;
  });
  const failures = reportsOfProjects.flatMap(failuresOf);
  const unsteady = reportsOfProjects.flatMap(unsteadyOf);
  const passed = results.every((result) => result.passed);
  const totalSeconds = (results.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000).toFixed(0);
  return [
    '\n── summary ──',
    ...lines,
    ...(unsteady.length > 0
      ? ['', 'Failed first, and passed when their file was run alone:', ...unsteady]
      : []),
    ...(failures.length > 0 ? ['', 'Failed:', ...failures] : []),
    '',
    passed ? `All passed in ${totalSeconds} s.` : `FAILED after ${totalSeconds} s; the details are above.`,
    '',
  ].join('\n');
}

function counts(result, own) {
  if (result.level === undefined) return '';
  const total = (key) => own.reduce((sum, { report }) => sum + report[key], 0);
  const failed = total('numFailedTests');
  const skipped = total('numPendingTests');
  return [
    `   ${total('numPassedTests')} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
}

function failuresOf({ project, report }) {
  return failedIn(project, report.testResults);
}

function unsteadyOf({ project, report }) {
  return failedIn(project, report.unsteady ?? []);
}

function failedIn(project, files) {
  return files.flatMap((file) => {
    const names = file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => fullName);
    const failed = names.length > 0 ? names : file.status === 'failed' ? ['the file could not be run'] : [];
    return failed.map((name) => `  ✗ ${project} ${file.name.split('/').pop()}: ${name}`);
  });
}
