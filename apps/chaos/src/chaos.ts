import { commandLine, WrongUse } from '@florin/configuration';
import type { Trouble } from '@florin/testing';
import { described, makePlan } from './plan.js';
import type { Outcome, run } from './run.js';

const usage = `npm run chaos -- [--kills n] [--seed s] [--full-every k] [--json]

Runs the whole product in a folder of its own, as npm start would, and has people pay each other through the gateway all the
time, each payment sent with its key until it is taken. Meanwhile processes are hit: kill -9 of one of wallet, payments,
identity, catalog, notifications, gateway, broker, event store and PostgreSQL's server, or of two of them, or SIGSTOP for longer
than a Kafka session lasts (30 s) and SIGCONT. The seed decides who, when, how and in which order; the plan is told before.

After each, the payments taken meanwhile must be complete and told to both sides. After every k-th, and at the end, everything
is held against everything: histories, feeds, streams that were open all the time, balances, and the auditor's own replay.

  --kills n       how many times something is hit; two at once count as one (default 6)
  --seed s        (default 1)
  --full-every k  (default 10)
  --json          one JSON object as the last line

Exit code: 0 where nothing was lost, doubled, unbalanced or stuck, and no process ended that was not hit; 1 where not, and the
data folder is kept; 2 for wrong use. A hundred take a quarter of an hour on a quiet machine.
`;

const most = 1_000_000;

export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
  /** Does it; see `run`. */
  readonly run: typeof run;
}

const options = {
  kills: { type: 'string', default: '6' },
  seed: { type: 'string', default: '1' },
  'full-every': { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The program behind `npm run chaos`; answers its exit code. */
export async function chaos(args: readonly string[], io: Io): Promise<number> {
  try {
    const { values, positionals } = commandLine(args, options);
    if (values.help) return (io.out(usage), 0);
    if (positionals.length > 0) throw new WrongUse(`unknown: ${positionals.join(' ')}`);
    const kills = wholeNumber('kills', values.kills);
    const seed = wholeNumber('seed', values.seed);
    const fullEvery = wholeNumber('full-every', values['full-every']);
    return await played(seed, kills, fullEvery, values.json, io);
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    io.err(`${error.message}\n\n${usage}`);
    return 2;
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new WrongUse(`--${name} is a whole number from 1 to ${most}, not ${text}`);
}

async function played(
  seed: number,
  kills: number,
  fullEvery: number,
  json: boolean,
  { out, run, signal }: Io,
): Promise<number> {
  const say = (line: string) => out(`${line}\n`);
  const plan = makePlan(seed, kills);
  say(`The plan of seed ${seed}:`);
  for (const blow of plan) say(`${String(blow.number).padStart(4)}  ${described(blow)}`);
  const outcome = await run(plan, { fullEvery, say, signal });
  for (const line of conclusion(seed, outcome)) say(line);
  if (json) say(jsonLine(seed, outcome));
  return isFine(outcome) ? 0 : 1;
}

function isFine({ findings, unexpectedEnds }: Outcome): boolean {
  return findings.length === 0 && unexpectedEnds.length === 0;
}

/** Each payment, or what else it is, counts once for each trouble. */
function countOf(trouble: Trouble, { findings }: Outcome): number {
  return new Set(findings.filter((finding) => finding.trouble === trouble).map(({ of }) => of)).size;
}

function conclusion(seed: number, outcome: Outcome): string[] {
  const { kills, accepted, findings, unexpectedEnds, worst, dataDir } = outcome;
  const told = findings.map(
    ({ trouble, of, detail, blow }) =>
      `${trouble}: ${of}${blow === null ? '' : `, taken at kill ${blow}`}: ${detail}`,
  );
  return [
    '',
    ...told,
    ...unexpectedEnds.map((end) => `ended by itself: ${end}`),
    `${kills} kills, ${accepted} payments accepted: ` +
      `${countOf('lost', outcome)} lost, ${countOf('doubled', outcome)} doubled, ` +
      `${countOf('unbalanced', outcome)} unbalanced, ${countOf('stuck', outcome)} stuck; ` +
      `the longest recovery took ${worst.recoveryMs} ms (kill ${worst.blow})`,
    ...(isFine(outcome) ? [] : [`Seed ${seed}; data and logs are kept in ${dataDir}`]),
  ];
}

/** With a space after each colon and comma. */
function jsonLine(seed: number, outcome: Outcome): string {
  const { kills, accepted, findings, unexpectedEnds, worst, dataDir } = outcome;
  const object = {
    ...{ seed, dataDir, findings, unexpectedEnds, worstKill: worst.blow },
    ...{ kills, accepted },
    lost: countOf('lost', outcome),
    doubled: countOf('doubled', outcome),
    unbalanced: countOf('unbalanced', outcome),
    stuck: countOf('stuck', outcome),
    worstRecoveryMs: worst.recoveryMs,
  };
  return JSON.stringify(object, undefined, 1)
    .replaceAll(/(?<=[{[])\n */g, '')
    .replaceAll(/\n *(?=[}\]])/g, '')
    .replaceAll(/\n */g, ' ');
}
