import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { faults } from './faults.mjs';

/**
 * Puts each fault whose description holds all `words` into a copy of the tree in `root`, and runs the test that is said to catch it:
 * it must pass without the fault and fail with it. Tells what it finds; answers an exit code.
 */
export async function catchPlanted(root, words) {
  const chosen = faults.filter(({ what }) => words.every((word) => what.includes(word)));
  if (chosen.length === 0) {
    console.error('There is no such fault.');
    return 2;
  }
  const copy = mkdtempSync(join(tmpdir(), 'florin-planted-'));
  try {
    copyTree(root, copy);
    const missed = chosen.filter((fault) => !isCaught(copy, fault));
    console.log(`${chosen.length - missed.length} of ${chosen.length} planted faults are caught.`);
    return missed.length === 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const left = new Set(['dist', 'node_modules', '.florin']);

/** The sources, with the packages of the original, among which ours lead to the copy. */
function copyTree(root, copy) {
  const options = { recursive: true, filter: (path) => !left.has(basename(path)) };
  for (const name of ['apps', 'libs', 'tools', 'package.json', 'jest.config.mjs', '.swcrc']) {
    cpSync(join(root, name), join(copy, name), options);
  }
  const [from, to] = [join(root, 'node_modules'), join(copy, 'node_modules')];
  mkdirSync(join(to, '@florin'), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== '@florin') symlinkSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(join(from, '@florin'))) {
    symlinkSync(readlinkSync(join(from, '@florin', name)), join(to, '@florin', name));
  }
}

function isCaught(copy, fault) {
  const found = findingOf(copy, fault);
  console.log(`${found}: ${fault.what}\n  ${fault.spec}: ${fault.test}`);
  return found === 'caught';
}

function findingOf(copy, fault) {
  const sound = outcomeOf(copy, fault);
  if (sound !== 'passed') return `NOT PROVEN, without the fault the test ${sound}`;
  const file = join(copy, fault.file);
  const text = readFileSync(file, 'utf8');
  if (!hasPlace(text, fault)) return 'NOT PLANTED, its place is not there once';
  writeFileSync(
    file,
    text.replace(fault.from, () => fault.to),
  );
  const outcome = outcomeOf(copy, fault);
  writeFileSync(file, text);
  return outcome === 'failed' ? 'caught' : `NOT CAUGHT, the test ${outcome}`;
}

/** Whether a fault can be put into a text, at one place. */
export function hasPlace(text, { from }) {
  return text.split(from).length === 2;
}

/** What becomes of the test: passed, failed, or "did not run" where the spec could not be loaded or has no such test. */
function outcomeOf(copy, { spec, test }) {
  const [, project, path, level] = /^(\w+\/[\w-]+)\/(.*\.(unit|int)\.spec\.ts)$/.exec(spec);
  const reports = join(copy, 'reports');
  const pattern = test.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const args = [join(copy, 'tools/jest.mjs'), level, '--testMatch', `**/${path}`, '-t', pattern];
  spawnSync(process.execPath, args, {
    cwd: join(copy, project),
    stdio: 'ignore',
    env: { ...process.env, FLORIN_TEST_REPORTS: reports },
  });
  const report = JSON.parse(
    readFileSync(join(reports, `${project.replace('/', '-')}.${level}.json`), 'utf8'),
  );
  const results = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ title, status }) => title === test && status !== 'pending');
  if (results.length === 0) return 'did not run';
  return results.every(({ status }) => status === 'passed') ? 'passed' : 'failed';
}
