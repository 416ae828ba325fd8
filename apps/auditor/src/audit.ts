import { ledgerStream } from '@florin/contracts';
import { eventAt, headOf, sha256, type EventStore } from '@florin/event-store';
import {
  createReplay,
  trialBalance,
  type ChainHead,
  type Finding,
  type FindingCode,
  type LedgerEvent,
  type LedgerState,
  type TrialBalance,
} from '@florin/ledger';

/** A finding of the replay's, or one that only the end of the history shows. */
export interface AuditFinding extends Omit<Finding, 'code'> {
  readonly code: FindingCode | 'ledger_missing' | 'head_missing' | 'head_differs';
}

/** What reading a whole book brought to light. Up to the finding, if there is one. */
export interface Audit {
  readonly ledger: string;
  readonly state: LedgerState;
  readonly head: ChainHead;
  readonly events: number;
  readonly entries: number;
  readonly refusals: number;
  readonly trialBalance: TrialBalance;
  readonly finding: AuditFinding | undefined;
}

export interface AuditOptions {
  readonly currency: string;
  /** Heads of this book that were noted earlier. */
  readonly knownHeads?: readonly ChainHead[];
  /** The last revision that is read; by default the last there is. */
  readonly upTo?: bigint;
  readonly onEvent?: ((event: LedgerEvent, state: LedgerState) => void) | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Reads a book from its first event to its last, verifying each; stops at the first that is wrong. */
export async function audit(store: EventStore, ledger: string, options: AuditOptions): Promise<Audit> {
  const stream = ledgerStream(ledger);
  const { knownHeads = [] } = options;
  const counts = { entries: 0, refusals: 0 };
  const replay = createReplay(ledger, sha256, {
    currency: options.currency,
    onEvent: (event) => {
      if (event.type === 'EntryPosted') counts.entries += 1;
      if (event.type === 'EntryRejected') counts.refusals += 1;
      options.onEvent?.(event, replay.state);
    },
  });
  let finding: AuditFinding | undefined;
  const total = Number(options.upTo ?? (await headOf(store, stream))) + 1;
  const limit = options.upTo === undefined ? {} : { maxCount: total };
  reading: for await (const page of store.read(stream, limit)) {
    for (const record of page) {
      finding = replay.accept(record) ?? passes(knownHeads, replay.head);
      if (finding !== undefined) break reading;
    }
    options.onProgress?.(Number(replay.head.revision) + 1, total);
  }
  finding = (await replay.checkReversals((revision) => eventAt(store, stream, revision))) ?? finding;
  const { state, head } = replay;
  return {
    ledger,
    state,
    head,
    events: Number(head.revision) + 1,
    ...counts,
    trialBalance: trialBalance(state),
    finding: finding ?? endFinding(ledger, head, knownHeads),
  };
}

function passes(known: readonly ChainHead[], head: ChainHead): AuditFinding | undefined {
  const other = known.find(({ revision, hash }) => revision === head.revision && hash !== head.hash);
  if (other === undefined) return undefined;
  const detail = `expected the hash ${other.hash}, which was noted earlier, found ${head.hash}`;
  return { revision: head.revision, code: 'head_differs', detail };
}

/** What no event can show: that events are missing at the end. */
function endFinding(ledger: string, head: ChainHead, known: readonly ChainHead[]): AuditFinding | undefined {
  const revision = head.revision + 1n;
  if (revision === 0n) {
    return { revision, code: 'ledger_missing', detail: `the event store holds no event of ${ledger}` };
  }
  const missing = known.find((noted) => noted.revision > head.revision);
  if (missing === undefined) return undefined;
  const detail = `the chain ends at revision ${head.revision}, but revision ${missing.revision} was noted earlier`;
  return { revision, code: 'head_missing', detail };
}
