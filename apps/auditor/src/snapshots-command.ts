import { SEGMENT_EVENTS, SnapshotReader, SnapshotUnusable } from '@florin/books';
import { WrongUse } from '@florin/configuration';
import { ledgerStream, marketOfLedger } from '@florin/contracts';
import { headOf, sha256, type EventStore } from '@florin/event-store';
import { bookText, createReplay } from '@florin/ledger';
import type { VerifierKey } from '@florin/proofs';
import { keyOf, keyOption, ledgerOf, ledgerOption, urlOf, urlOption } from './arguments.js';
import { command, revisionOfPoint, type Call, type Show } from './command.js';
import { bookOf } from './proof-subject.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';

const options = {
  key: keyOption,
  ledger: { ...ledgerOption, about: `${ledgerOption.about}; that of the key without it` },
  url: urlOption,
} as const;

export const snapshotsCommand = command({
  name: 'snapshots',
  syntax: 'snapshots --key <public key>',
  words: [0, 0],
  about: 'hold every snapshot of a book against the book',
  details: [
    'Reads a book from its first event and compares the state at the end of each segment with its snapshot:',
    'signature, chain, accounts, holds and ids. Nothing is true because a snapshot says so; a wrong one makes',
    'a start slow, and answers with --key take longer.',
  ],
  options,
  at: { means: 'the snapshots up to a revision or an instant' },
  progress: true,
  run: snapshots,
});

interface SnapshotsReport {
  /** Snapshots that hold, up to the finding. */
  readonly snapshots: number;
  /** Events that were read. */
  readonly events: number;
  readonly finding: {
    readonly code: string;
    readonly segment: number | null;
    readonly detail: string;
  } | null;
}

async function snapshots(call: Call<typeof options>): Promise<ExitCode> {
  const { at, env, err, json, out, values, watched } = call;
  const keys = (values.key ?? []).map(keyOf);
  if (keys.length === 0) throw new WrongUse('Say snapshots --key <public key>, once per key of the book');
  const ledger = bookOf(ledgerOf(values.ledger), keys);
  return withStore<ExitCode>(urlOf(values.url, env), async (store) => {
    const upTo = await revisionOfPoint(store, ledger, at);
    const report = await watched(`Reading ${ledger}`, (show) =>
      checkSnapshots(store, ledger, { keys, upTo, show }),
    );
    const { events, finding } = report;
    const verified = finding === null;
    out(
      json
        ? `${JSON.stringify({ verified, ledger, ...report })}\n`
        : `${ledger}: ${verified ? 'verified' : 'NOT verified'}\n` +
            `  snapshots  ${report.snapshots}\n` +
            `  events     ${events}\n`,
    );
    if (verified) return 0;
    const which = finding.segment === null ? 'The book' : `The snapshot of segment ${finding.segment}`;
    err(`${which} of ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
    return 1;
  });
}

interface Asked {
  readonly keys: readonly VerifierKey[];
  readonly upTo: bigint | undefined;
  readonly show: Show;
}

/** Stops at the first snapshot that is not what the events make, and at an event that is wrong. */
async function checkSnapshots(
  store: EventStore,
  ledger: string,
  { keys, show, upTo }: Asked,
): Promise<SnapshotsReport> {
  const stream = ledgerStream(ledger);
  const total = Number(upTo ?? (await headOf(store, stream))) + 1;
  const stored = await new SnapshotReader({ store, ledger, keys }).segments();
  const currency = marketOfLedger(ledger)?.currency;
  const replay = createReplay(ledger, sha256, currency === undefined ? {} : { currency });
  let good = 0;
  const report = (segment: number | null, code: string, detail: string): SnapshotsReport => {
    return { snapshots: good, events: Number(replay.head.revision) + 1, finding: { code, segment, detail } };
  };
  if (total === 0) return report(null, 'ledger_missing', `the event store holds no event of ${ledger}`);
  for await (const page of store.read(stream, { maxCount: total })) {
    for (const event of page) {
      const finding = replay.accept(event);
      if (finding !== undefined) {
        return report(null, finding.code, `revision ${finding.revision}: ${finding.detail}`);
      }
      const segment = (Number(event.revision) + 1) / SEGMENT_EVENTS;
      if (!Number.isInteger(segment) || segment > stored) continue;
      // A reader of its own for each: it remembers what it has read.
      const reader = new SnapshotReader({ store, ledger, keys });
      const fault = await faultOf(reader, segment, bookText(replay.state), replay.head.hash);
      if (fault !== undefined) return report(segment, ...fault);
      good += 1;
    }
    show?.(Number(replay.head.revision) + 1, total);
  }
  if (upTo === undefined && stored > good) {
    return report(
      good + 1,
      'snapshot_beyond_log',
      `there are ${stored} snapshots, but the log ends before them`,
    );
  }
  return { snapshots: good, events: total, finding: null };
}

async function faultOf(
  reader: SnapshotReader,
  segment: number,
  expected: string,
  hash: string,
): Promise<[code: string, detail: string] | undefined> {
  try {
    const { head, state } = await reader.load(segment, { ids: true });
    if (head.hash !== hash) return ['chain_differs', `its chain hash is ${head.hash}, expected ${hash}`];
    if (bookText(state) !== expected)
      return ['state_differs', 'its accounts, holds or ids are not those of the book'];
    return undefined;
  } catch (error) {
    if (error instanceof SnapshotUnusable) return ['snapshot_unusable', error.message];
    throw error;
  }
}
