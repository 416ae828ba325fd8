import { summary } from './test-suite.mjs';

const report = (passed, failing = [], skipped = 0) => ({
  numPassedTests: passed,
  numFailedTests: failing.length,
  numPendingTests: skipped,
  testResults: [
    {
      name: '/clone/libs/ledger/src/decide.unit.spec.ts',
      status: failing.length > 0 ? 'failed' : 'passed',
      assertionResults: failing.map((fullName) => ({ fullName, status: 'failed' })),
    },
  ],
});
const step = (name, level, passed = true) => ({ name, level, passed, elapsedMs: 1250 });

it('counts the tests of each level over all projects', () => {
  const text = summary(
    [step('types'), step('unit tests', 'unit'), step('integration tests', 'int')],
    [
      { project: 'libs-ledger', level: 'unit', report: report(12) },
      { project: 'libs-contracts', level: 'unit', report: report(3, [], 1) },
      { project: 'libs-embedded', level: 'int', report: report(4) },
    ],
  );
  expect(text).toMatch(/✓ types +1\.3 s\n/);
  expect(text).toMatch(/✓ unit tests +1\.3 s {3}15 passed, 1 skipped\n/);
  expect(text).toMatch(/✓ integration tests +1\.3 s {3}4 passed\n/);
  expect(text).toMatch(/All passed in 4 s\.\n$/);
});

it('repeats the names of what failed', () => {
  const failing = { project: 'libs-ledger', level: 'unit', report: report(2, ['decide refuses a floor']) };
  const text = summary([step('unit tests', 'unit', false)], [failing]);
  expect(text).toContain('✗ libs-ledger decide.unit.spec.ts: decide refuses a floor');
  expect(text).toMatch(/✗ unit tests .* 2 passed, 1 failed\n/);
  expect(text).toContain('FAILED after 1 s');
});

it('names a file that could not be run at all', () => {
  const broken = report(0);
  broken.testResults[0].status = 'failed';
  const text = summary(
    [step('unit tests', 'unit', false)],
    [{ project: 'libs-ledger', level: 'unit', report: broken }],
  );
  expect(text).toContain('✗ libs-ledger decide.unit.spec.ts: the file could not be run');
});

it('names what passed at a second attempt alone, which is no failure', () => {
  const shaken = { ...report(2), unsteady: report(1, ['a broker comes back']).testResults };
  const text = summary(
    [step('integration tests', 'int')],
    [{ project: 'libs-embedded', level: 'int', report: shaken }],
  );
  expect(text).toContain(
    'Failed first, and passed when their file was run alone:\n  ✗ libs-embedded decide.unit.spec.ts: a broker comes back\n',
  );
  expect(text).toContain('All passed');
  expect(text).not.toContain('\nFailed:');
});
