import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const clone = mkdtempSync(join(tmpdir(), 'florin-jest-'));
const project = join(clone, 'libs', 'thing');
const steady = `it('holds', () => expect(1).toBe(1));`;
const broken = `it('holds', () => expect(1).toBe(2));`;
/** Fails at its first run and holds at every later one. */
const shaken = `import { existsSync, writeFileSync } from 'node:fs';
  it('holds', () => {
    const been = existsSync('been');
    writeFileSync('been', '');
    expect(been).toBe(true);
  });`;

beforeEach(() => {
  mkdirSync(join(clone, 'tools'), { recursive: true });
  mkdirSync(project, { recursive: true });
  copyFileSync(join(root, 'tools', 'jest.mjs'), join(clone, 'tools', 'jest.mjs'));
  copyFileSync(join(root, 'jest.config.mjs'), join(clone, 'jest.config.mjs'));
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
});
afterEach(() => rmSync(clone, { recursive: true }));

function run(level, specs, env = {}) {
  for (const [name, text] of Object.entries(specs))
    writeFileSync(join(project, `${name}.${level}.spec.mjs`), text);
  const { status } = spawnSync(process.execPath, [join(clone, 'tools', 'jest.mjs'), level], {
    cwd: project,
    env: { ...process.env, FLORIN_TEST_REPORTS: join(clone, 'reports'), FLORIN_TEST_ATTEMPTS: '2', ...env },
    stdio: 'ignore',
  });
  const report = JSON.parse(readFileSync(join(clone, 'reports', `libs-thing.${level}.json`), 'utf8'));
  return { status, report };
}

it('passes a file that holds when it is run alone, and tells of it', () => {
  const { status, report } = run('int', { steady, shaken });
  expect(status).toBe(0);
  expect(report).toMatchObject({ numPassedTests: 2, numFailedTests: 0 });
  expect(report.unsteady.map(({ name }) => name)).toEqual([expect.stringContaining('shaken.int.spec.mjs')]);
}, 60_000);

it('fails where the second attempt fails as well', () => {
  const { status, report } = run('int', { steady, broken, shaken });
  expect(status).toBe(1);
  expect(report).toMatchObject({ numPassedTests: 2, numFailedTests: 1 });
}, 60_000);

it('has no second attempt for unit tests, nor where it is switched off', () => {
  expect(run('unit', { shaken }).status).toBe(1);
  rmSync(join(project, 'been'));
  expect(run('int', { shaken }, { FLORIN_TEST_ATTEMPTS: '1' }).status).toBe(1);
}, 60_000);
