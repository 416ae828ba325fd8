import { jest } from '@jest/globals';
import { chaos } from './chaos.js';
import { makePlan } from './plan.js';
import { run } from './run.js';

const seed = 5;
const kills = 6;

// A minute and a half on a quiet machine, of which half a minute is a process that stands still.
jest.setTimeout(900_000);

describe('after any crash', () => {
  it('nothing is lost and nothing doubled, whoever is killed or stands still', async () => {
    expect(new Set(makePlan(seed, kills).map(({ how }) => how))).toEqual(
      new Set(['kill', 'kill-pair', 'freeze']),
    );
    let said = '';
    const code = await chaos(['--kills', String(kills), '--seed', String(seed), '--json'], {
      out: (text) => (said += text),
      err: (text) => (said += text),
      signal: new AbortController().signal,
      run,
    });
    const lines = said.trimEnd().split('\n');
    const summary = JSON.parse(lines.at(-1) ?? '') as { accepted: number };
    // With all that was said, for whoever reads of a failure.
    expect({ code, lines, ...summary }).toMatchObject({
      ...{ code: 0, findings: [], unexpectedEnds: [] },
      ...{ kills, lost: 0, doubled: 0, unbalanced: 0, stuck: 0 },
    });
    expect(summary.accepted).toBeGreaterThan(kills);
  });
});
