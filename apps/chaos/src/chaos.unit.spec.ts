import { chaos } from './chaos.js';
import type { Blow } from './plan.js';
import type { Outcome } from './run.js';

const fine: Outcome = {
  ...{ kills: 2, accepted: 40, findings: [], unexpectedEnds: [], dataDir: null },
  worst: { recoveryMs: 812, blow: 2 },
};

/** Runs the program with a run that comes to this. */
async function called(args: readonly string[], outcome: Outcome = fine) {
  const said = { out: '', err: '' };
  const plans: (readonly Blow[])[] = [];
  const code = await chaos(args, {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    signal: new AbortController().signal,
    run: (plan) => {
      plans.push(plan);
      return Promise.resolve(outcome);
    },
  });
  return { code, ...said, plans, lastLine: said.out.trimEnd().split('\n').at(-1) ?? '' };
}

describe('npm run chaos', () => {
  it('tells its plan and what it came to', async () => {
    const { code, out, plans, lastLine } = await called(['--kills', '2', '--seed', '3', '--json']);
    expect(code).toBe(0);
    expect(plans[0]).toHaveLength(2);
    expect(out).toContain('The plan of seed 3:\n   1  after ');
    expect(JSON.parse(lastLine)).toMatchObject({ seed: 3, findings: [], worstKill: 2 });
    expect(lastLine).toMatch(
      /"kills": 2, "accepted": 40, "lost": 0, "doubled": 0, "unbalanced": 0, "stuck": 0, "worstRecoveryMs": 812\}$/,
    );
  });

  it('counts each payment once for each trouble, names it with its kill, and keeps the data', async () => {
    const { code, out, lastLine } = await called(['--seed', '9', '--json'], {
      ...fine,
      findings: [
        { trouble: 'lost', of: 'p1', detail: 'the feed of anna lacks it', blow: 1 },
        { trouble: 'lost', of: 'p1', detail: 'the feed of bruno lacks it', blow: 1 },
        { trouble: 'doubled', of: 'p2', detail: 'the history of anna has it 2 times', blow: 2 },
        { trouble: 'unbalanced', of: 'anna', detail: 'has 1, by the history 2', blow: null },
        { trouble: 'stuck', of: 'wallet', detail: 'wallet does not come back', blow: 2 },
      ],
      dataDir: '/tmp/kept',
    });
    expect(code).toBe(1);
    expect(out).toContain('doubled: p2, taken at kill 2: the history of anna has it 2 times\n');
    expect(out).toContain('unbalanced: anna: has 1, by the history 2\n');
    expect(out).toContain('Seed 9; data and logs are kept in /tmp/kept\n');
    expect(JSON.parse(lastLine)).toMatchObject({ lost: 1, doubled: 1, unbalanced: 1, stuck: 1 });
  });

  it('is not content where a process ended that was not hit', async () => {
    const unexpectedEnds = ['wallet: exit code 1, at kill 2'];
    const { code, out } = await called([], { ...fine, unexpectedEnds });
    expect(code).toBe(1);
    expect(out).toContain('ended by itself: wallet: exit code 1, at kill 2');
  });

  it.each([
    ['an option that there is not', ['--kill', '3']],
    ['a word', ['now']],
    ['no number', ['--kills', 'many']],
    ['none', ['--full-every', '0']],
  ])('is wrong use with %s', async (_what, args) => {
    expect(await called(args)).toMatchObject({ code: 2, err: expect.stringContaining('npm run chaos') });
  });

  it('explains itself', async () => {
    expect(await called(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--kills n') });
  });
});
