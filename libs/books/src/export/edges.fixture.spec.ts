import { sha256, type NewEvent } from '@florin/event-store';
import { createSealer, GENESIS, type LedgerEvent } from '@florin/ledger';
import { idAt, START } from '../history.spec.js';
import { MemoryStore } from '../memory-store.spec.js';
import { exportBook } from './export-book.js';
import type { Tampering } from './tampered.fixture.spec.js';

/** Whole books and parts whose last event is at the edge of a rule. Nobody has signed them. Holds no test itself. */
export async function atTheEdges(): Promise<Tampering[]> {
  const cases: Tampering[] = [];
  for (const [what, events] of [...idsAgain(), ...monthsFarAway(), ...unitsOnTerms()]) {
    cases.push({ what, lines: await exportedLines(events, 0) });
  }
  for (const [what, events] of idsAgain()) {
    cases.push({ what: `a part with ${what}`, lines: await exportedLines(events, 1) });
  }
  return cases;
}

type Given = readonly [what: string, events: LedgerEvent[]];

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

const created = (recordedAt: number): LedgerEvent => ({
  ...{ type: 'LedgerCreated', ledger: 'it-eur', currency: 'EUR', recordedAt },
});
const rejected = (entryId: string, recordedAt: number): LedgerEvent => ({
  ...{ type: 'EntryRejected', entryId, kind: 'p2p', code: 'account_unknown', reference: 'r', recordedAt },
});

/** A verifier may remember an id for as long as it likes beyond its window: what it says then is not its memory's to decide. */
function idsAgain(): Given[] {
  const first = START + MINUTE;
  return [-1, 0, 1 / MINUTE, 1, 12, 20, 61, 130].map((minutes) => {
    const later = first + WEEK + minutes * MINUTE;
    const again = [rejected(idAt(later, 2), later), rejected(idAt(first, 1), later)];
    return [
      `an id again after seven days and ${minutes} min`,
      [created(first), rejected(idAt(first, 1), first), ...again],
    ];
  });
}

function monthsFarAway(): Given[] {
  const months = [
    ['0000-12', 0],
    ['0099-12', Date.UTC(2000, 0, 1)],
    ['1969-12', 0],
    ['1970-01', Date.UTC(1970, 1, 1)],
    ['9998-12', Date.UTC(9999, 0, 1)],
    ['9999-11', Date.UTC(9999, 11, 1)],
    ['9999-12', Date.UTC(10_000, 0, 1)],
    ['2026-10', Number.MAX_SAFE_INTEGER - (Number.MAX_SAFE_INTEGER % (15 * MINUTE))],
  ] as const;
  return months.map(([period, until]) => {
    // What is recorded after its end leaves the month as the only thing that can be wrong. An id has 48 bits for its time.
    const recordedAt = until < 2 ** 48 ? Math.max(START, until) : START;
    const id = { commandId: idAt(recordedAt, 1), reference: 'close' };
    const sums = { from: 0, until, entries: 0, totals: [] };
    return [
      `${period} until ${until}`,
      [created(recordedAt), { type: 'PeriodClosed', ...id, period, ...sums, recordedAt }],
    ];
  });
}

/** Who has units of an asset cannot have less than none; its supply account alone is an asset of ours. */
function unitsOnTerms(): Given[] {
  const recordedAt = START;
  const open = (id: string, terms: object = {}): LedgerEvent => ({
    ...{ type: 'AccountOpened', id, owner: null, class: 'liability', chart: '2020', currency: 'EUR' },
    ...{ floor: 0n, testMoney: false, recordedAt, ...terms },
  });
  const asset = { code: 'CAFFE', scale: 2, issuer: 'bar-1', reserve: 'reserve:caffe', backing: 1n };
  const defined: LedgerEvent = {
    ...{ type: 'AssetDefined', commandId: idAt(recordedAt, 1), reference: 'define', ...asset, recordedAt },
  };
  const terms = [
    ['caffe:anna', {}],
    ['caffe:anna', { floor: -1n }],
    ['caffe:anna', { floor: null }],
    ['caffe:anna', { class: 'asset' }],
    ['supply:caffe', { class: 'asset' }],
    ['supply:caffe', { class: 'asset', floor: -1n }],
    ['supply:caffe', {}],
  ] as const;
  return terms.map(([id, more]) => [
    `${id} opened with ${JSON.stringify(Object.entries(more).map(String))}`,
    [created(recordedAt), open('reserve:caffe'), defined, open(id, { currency: 'CAFFE', ...more })],
  ]);
}

async function exportedLines(events: readonly LedgerEvent[], from: number): Promise<string[]> {
  const store = new MemoryStore();
  const sealer = createSealer('it-eur', sha256, GENESIS);
  const sealed = events.map((event) => sealer.seal(event)) as unknown as NewEvent[];
  await store.append('ledger-it-eur', sealed, 'no_stream');
  let text = '';
  for await (const page of exportBook(store, { ledger: 'it-eur', from })) text += page.text;
  return text.trimEnd().split('\n');
}
