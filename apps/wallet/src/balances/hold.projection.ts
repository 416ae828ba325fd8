import type { Capture, EntryPosted, LedgerEvent } from '@florin/ledger';
import type { Sql } from '@florin/messaging';

interface Hold {
  readonly account: string;
  /** What is still held, in minor units. */
  readonly amount: bigint;
  readonly expiresAt: Date;
}

/** Applies a run of ledger events to the open holds, and to what of each account they hold. */
export async function applyHolds(sql: Sql, ledger: string, events: readonly LedgerEvent[]): Promise<void> {
  const ids = [...new Set(events.map(holdIn).filter((id) => id !== undefined))];
  if (ids.length === 0) return;
  const before = await holdsOf(sql, ledger, ids);
  const holds = new Map(before);
  for (const event of events) applyOne(holds, event);
  await sql.query('DELETE FROM holds WHERE ledger = $1 AND hold_id = ANY($2::uuid[])', [ledger, ids]);
  const open = [...holds];
  await sql.query(
    `INSERT INTO holds (ledger, hold_id, account, amount, expires_at)
     SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[])`,
    [
      ledger,
      open.map(([id]) => id),
      open.map(([, { account }]) => account),
      open.map(([, { amount }]) => amount.toString()),
      open.map(([, { expiresAt }]) => expiresAt.toISOString()),
    ],
  );
  const accounts = new Set([...before.values(), ...holds.values()].map(({ account }) => account));
  await sql.query(
    `UPDATE accounts a SET held = coalesce(
       (SELECT sum(amount) FROM holds h WHERE h.ledger = a.ledger AND h.account = a.account), 0)
     WHERE ledger = $1 AND account = ANY($2::text[])`,
    [ledger, [...accounts]],
  );
}

/** Which accounts are frozen or closed after a run of ledger events. */
export async function applyStates(sql: Sql, ledger: string, events: readonly LedgerEvent[]): Promise<void> {
  const states = new Map<string, { frozen: string | null; closed: boolean }>();
  for (const event of events) {
    if (event.type === 'AccountFrozen') states.set(event.account, { frozen: event.frozen, closed: false });
    if (event.type === 'AccountUnfrozen') states.set(event.account, { frozen: null, closed: false });
    if (event.type === 'AccountClosed') states.set(event.account, { frozen: null, closed: true });
  }
  if (states.size === 0) return;
  const changed = [...states];
  await sql.query(
    `UPDATE accounts a SET frozen = s.frozen, closed = s.closed
     FROM unnest($2::text[], $3::text[], $4::boolean[]) AS s (account, frozen, closed)
     WHERE a.ledger = $1 AND a.account = s.account`,
    [
      ledger,
      changed.map(([account]) => account),
      changed.map(([, { frozen }]) => frozen),
      changed.map(([, { closed }]) => closed),
    ],
  );
}

/** Whether a hold of a book is open though its time is over. */
export async function holdsAreDue(sql: Sql, ledger: string, now: Date): Promise<boolean> {
  const query = 'SELECT 1 FROM holds WHERE ledger = $1 AND expires_at <= $2 LIMIT 1';
  const rows = (await sql.query(query, [ledger, now.toISOString()])) as unknown[];
  return rows.length > 0;
}

function holdIn(event: LedgerEvent): string | undefined {
  if (event.type === 'EntryPosted') return event.capture?.holdId;
  return 'holdId' in event ? event.holdId : undefined;
}

async function holdsOf(sql: Sql, ledger: string, ids: readonly string[]): Promise<Map<string, Hold>> {
  const rows = (await sql.query(
    `SELECT hold_id, account, amount, expires_at FROM holds WHERE ledger = $1 AND hold_id = ANY($2::uuid[])`,
    [ledger, ids],
  )) as { hold_id: string; account: string; amount: string; expires_at: Date }[];
  return new Map(
    rows.map((row) => [
      row.hold_id,
      { account: row.account, amount: BigInt(row.amount), expiresAt: row.expires_at },
    ]),
  );
}

function applyOne(holds: Map<string, Hold>, event: LedgerEvent): void {
  switch (event.type) {
    case 'HoldPlaced': {
      const { holdId, account, amount, expiresAt } = event;
      holds.set(holdId, { account, amount, expiresAt: new Date(expiresAt) });
      return;
    }
    case 'HoldExtended': {
      const hold = holds.get(event.holdId);
      if (hold !== undefined) holds.set(event.holdId, { ...hold, expiresAt: new Date(event.expiresAt) });
      return;
    }
    case 'HoldReleased':
    case 'HoldExpired':
      holds.delete(event.holdId);
      return;
    case 'EntryPosted':
      if (event.capture !== undefined) takeOut(holds, event, event.capture);
      return;
    default:
      return;
  }
}

/** What an entry takes out of a hold is its posting to the hold's account, which the book has checked. */
function takeOut(holds: Map<string, Hold>, { postings }: EntryPosted, { holdId, final }: Capture): void {
  const hold = holds.get(holdId);
  if (hold === undefined) return;
  const amount = postings.find(({ account }) => account === hold.account)?.amount ?? 0n;
  const left = hold.amount - (amount < 0n ? -amount : amount);
  if (final || left === 0n) holds.delete(holdId);
  else holds.set(holdId, { ...hold, amount: left });
}
