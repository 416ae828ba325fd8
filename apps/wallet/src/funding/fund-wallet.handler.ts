import {
  cloudEvent,
  openAccount,
  postEntry,
  testMoneyAccount,
  walletAccount,
  type CloudEvent,
  type Market,
} from '@florin/contracts';
import { insertOutboxSql, outboxColumns, selectRows, type Sql } from '@florin/messaging';
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

export interface FundWallet {
  readonly personId: string;
  readonly idempotencyKey: string;
  readonly market: Market;
  /** Minor units of the market's currency. */
  readonly amountMinor: bigint;
}

/** What became of a funding request. */
export interface Funding {
  readonly entryId: string;
  readonly ledger: string;
  readonly amountMinor: bigint;
  readonly status: 'created' | 'completed' | 'failed';
  readonly revision: bigint | null;
}

interface FundingRow {
  entry_id: string;
  ledger: string;
  amount_minor: string;
  input_hash: string;
  revision: string | null;
  rejection_code: string | null;
}

interface Deps {
  readonly sql: Sql;
  readonly wakeRelay: () => void;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** Aborted when the service stops: nobody waits any longer. */
  readonly stopping: AbortSignal;
}

const pollMs = 20;

/**
 * Gives a person test money. The request and its ledger commands are stored in one transaction; sent again with the same key
 * it gets the same entry, with the same key and another amount it answers 'key-reused'.
 */
export function fundWalletHandler(deps: Deps) {
  return async (command: FundWallet, waitMs: number): Promise<Funding | 'key-reused'> => {
    const inputHash = createHash('sha256')
      .update(JSON.stringify([command.market.ledger, command.amountMinor.toString()]))
      .digest('hex');
    await storeRequest(deps, command, inputHash);
    deps.wakeRelay();
    const deadline = deps.now().getTime() + waitMs;
    for (;;) {
      const row = await findRequest(deps.sql, command);
      if (row.input_hash !== inputHash) return 'key-reused';
      const funding = toFunding(row);
      const over = deps.stopping.aborted || deps.now().getTime() >= deadline;
      if (funding.status !== 'created' || over) return funding;
      await deps.sleep(pollMs);
    }
  };
}

async function storeRequest(deps: Deps, command: FundWallet, inputHash: string): Promise<void> {
  const entryId = uuidv7();
  const now = deps.now();
  try {
    await deps.sql.query(
      `WITH told AS (${insertOutboxSql(8)})
       INSERT INTO funding_requests (person_id, idempotency_key, input_hash, ledger, entry_id, amount_minor, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        command.personId,
        command.idempotencyKey,
        inputHash,
        command.market.ledger,
        entryId,
        command.amountMinor.toString(),
        now,
        ...outboxColumns(commandsFor(command, entryId, now.toISOString())),
      ],
    );
  } catch (error) {
    // The request is known: what became of it is looked up next.
    if ((error as { constraint?: string }).constraint !== 'funding_requests_pkey') throw error;
  }
}

/** The account is opened first: the person may have registered a moment ago, and opening it twice changes nothing. */
function commandsFor(command: FundWallet, entryId: string, time: string): CloudEvent[] {
  const { ledger, currency } = command.market;
  const account = walletAccount(command.personId);
  const amount = Number(command.amountMinor);
  const source = '/wallet';
  return [
    cloudEvent(openAccount, {
      id: uuidv7(),
      source,
      time,
      data: { ledger, account, owner: command.personId },
    }),
    cloudEvent(postEntry, {
      id: uuidv7(),
      source,
      time,
      data: {
        ledger,
        entryId,
        kind: 'test-funding',
        currency,
        postings: [
          { account: testMoneyAccount, amount },
          { account, amount: -amount },
        ],
        reference: entryId,
      },
    }),
  ];
}

async function findRequest(sql: Sql, command: FundWallet): Promise<FundingRow> {
  const [row] = await selectRows<FundingRow>(
    sql,
    `SELECT f.entry_id, f.ledger, f.amount_minor, f.input_hash, e.revision, e.rejection_code
     FROM funding_requests f LEFT JOIN entries e ON e.ledger = f.ledger AND e.entry_id = f.entry_id
     WHERE f.person_id = $1 AND f.idempotency_key = $2`,
    [command.personId, command.idempotencyKey],
  );
  if (row === undefined) throw new Error('a funding request that was just stored cannot be found');
  return row;
}

function toFunding(row: FundingRow): Funding {
  const decided = row.rejection_code === null ? 'completed' : 'failed';
  return {
    entryId: row.entry_id,
    ledger: row.ledger,
    amountMinor: BigInt(row.amount_minor),
    status: row.revision === null ? 'created' : decided,
    revision: row.revision === null ? null : BigInt(row.revision),
  };
}
