import type { Sql } from '@florin/messaging';

interface Deps {
  readonly sql: Sql;
  /** Waits until the read models hold everything that is in the book. */
  readonly atHead: (ledger: string) => Promise<void>;
}

/** Finds the revision that an entry was recorded by; -1 where the book has none of that id. Throws what `atHead` throws. */
export function entryRevisions({ sql, atHead }: Deps) {
  return async (ledger: string, entryId: string): Promise<bigint> => {
    await atHead(ledger);
    const query = 'SELECT revision FROM entries WHERE ledger = $1 AND entry_id = $2';
    const [row] = (await sql.query(query, [ledger, entryId])) as { revision: string }[];
    return BigInt(row?.revision ?? -1);
  };
}
