import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Crowd, type PlacedFinding } from './crowd.js';
import { type Blow, described } from './plan.js';
import { SupervisedStack } from './supervised-stack.js';

export interface Outcome {
  /** Blows that were dealt; fewer than planned where a process did not come back. */
  readonly kills: number;
  readonly accepted: number;
  readonly findings: readonly PlacedFinding[];
  /** Processes that ended and were not hit. */
  readonly unexpectedEnds: readonly string[];
  readonly worst: { readonly recoveryMs: number; readonly blow: number };
  /** Kept where something was found. */
  readonly dataDir: string | null;
}

export interface RunOptions {
  /** After every so many blows, and at the end, there is a full check. */
  readonly fullEvery: number;
  readonly say: (line: string) => void;
  /** Breaks off. */
  readonly signal: AbortSignal;
}

/** Runs the whole product in a folder of its own, deals the blows one after the other under load, and checks. */
export async function run(plan: readonly Blow[], options: RunOptions): Promise<Outcome> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-chaos-'));
  options.say(`Starting Florin in ${dataDir} …`);
  const outcome = await inFolder(dataDir, plan, options).catch(async (error: unknown) => {
    if (options.signal.aborted) await rm(dataDir, { recursive: true, force: true });
    throw error;
  });
  if (outcome.findings.length > 0 || outcome.unexpectedEnds.length > 0) return outcome;
  await rm(dataDir, { recursive: true, force: true });
  return { ...outcome, dataDir: null };
}

async function inFolder(dataDir: string, plan: readonly Blow[], options: RunOptions): Promise<Outcome> {
  const { say, signal } = options;
  const ending = new AbortController();
  const supervised = await SupervisedStack.start(dataDir, say, AbortSignal.any([signal, ending.signal]));
  try {
    const crowd = await Crowd.gather(supervised.stack);
    try {
      return { ...(await dealt(plan, supervised, crowd, options)), dataDir };
    } finally {
      await crowd.close();
    }
  } finally {
    ending.abort();
    await supervised.stack.stop();
  }
}

async function dealt(
  plan: readonly Blow[],
  supervised: SupervisedStack,
  crowd: Crowd,
  { fullEvery, say, signal }: RunOptions,
): Promise<Omit<Outcome, 'dataDir'>> {
  const { load } = crowd;
  const findings = new Map<string, PlacedFinding>();
  const note = (found: readonly PlacedFinding[]) => {
    for (const finding of found) {
      const key = `${finding.trouble} ${finding.of}`;
      if (!findings.has(key)) say(`  ${finding.trouble}: ${finding.of}: ${finding.detail}`);
      findings.set(key, findings.get(key) ?? finding);
    }
  };
  let worst = { recoveryMs: 0, blow: 0 };
  let kills = 0;
  load.start();
  for (const blow of plan) {
    signal.throwIfAborted();
    await sleep(blow.afterMs);
    load.blow = blow.number;
    const before = load.taken.length;
    kills += 1;
    const recoveryMs = await recovered(supervised, crowd, blow).catch((error: Error) => error);
    if (recoveryMs instanceof Error) {
      signal.throwIfAborted();
      note([{ trouble: 'stuck', of: blow.victims.join(), detail: recoveryMs.message, blow: blow.number }]);
      break;
    }
    if (recoveryMs > worst.recoveryMs) worst = { recoveryMs, blow: blow.number };
    note(await crowd.checkRecent());
    say(
      `${blow.number} of ${plan.length}: ${described(blow)}: recovered in ${recoveryMs} ms, ${load.taken.length - before} payments meanwhile`,
    );
    if (blow.number % fullEvery > 0 || blow.number === plan.length) continue;
    note(await crowd.checkAll());
    say(`  all ${load.taken.length} payments so far are checked`);
    load.start();
  }
  note(await crowd.checkAll());
  note(load.findings);
  return {
    ...{ kills, accepted: load.taken.length, worst },
    findings: [...findings.values()],
    unexpectedEnds: supervised.unexpectedEnds,
  };
}

/** Deals the blow; resolves when its victims are ready and a fresh payment is complete, to the milliseconds since they came back. */
async function recovered(supervised: SupervisedStack, crowd: Crowd, blow: Blow): Promise<number> {
  const { since, ready } = await supervised.strike(blow);
  const [isComplete] = await Promise.all([crowd.payOnce(), ready]);
  if (!isComplete) throw new Error('a fresh payment does not complete');
  return Math.round(performance.now() - since);
}
