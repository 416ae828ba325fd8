import type { Sql } from '@florin/messaging';

interface Deps {
  readonly sql: Sql;
  /** Where the other instances reach this one. */
  readonly url: string;
  readonly nowMs: () => number;
}

/** How long an owner that was looked up is taken to be it still, in milliseconds. */
const knownMs = 1_000;

/**
 * Which instance decides what is asked of a book: the one that leads it says so in PostgreSQL. Two may take themselves for it
 * for a moment: the log then refuses the slower one, which finds out.
 */
export class BookOwners {
  readonly #own = new Set<string>();
  readonly #known = new Map<string, { url: string; untilMs: number }>();

  constructor(private readonly deps: Deps) {}

  isOwn(ledger: string): boolean {
    return this.#own.has(ledger);
  }

  /** This instance leads from now on. */
  async take(ledger: string): Promise<void> {
    await this.deps.sql.query(
      `INSERT INTO book_owners (ledger, url) VALUES ($1, $2)
       ON CONFLICT (ledger) DO UPDATE SET url = excluded.url`,
      [ledger, this.deps.url],
    );
    this.#own.add(ledger);
  }

  /** It leads no more; what is under way is finished. Throws where PostgreSQL is away: the next owner writes over it. */
  async leave(ledger: string): Promise<void> {
    this.#own.delete(ledger);
    await this.deps.sql.query('DELETE FROM book_owners WHERE ledger = $1 AND url = $2', [
      ledger,
      this.deps.url,
    ]);
  }

  /** Where another instance is that leads; `undefined` where none is known. */
  async urlOf(ledger: string): Promise<string | undefined> {
    const { sql, url, nowMs } = this.deps;
    const known = this.#known.get(ledger);
    if (known !== undefined && nowMs() < known.untilMs) return known.url;
    const [row] = (await sql.query('SELECT url FROM book_owners WHERE ledger = $1', [ledger])) as {
      url: string;
    }[];
    if (row === undefined || row.url === url) return undefined;
    this.#known.set(ledger, { url: row.url, untilMs: nowMs() + knownMs });
    return row.url;
  }

  /** What was known of the owner is wrong. */
  forget(ledger: string): void {
    this.#known.delete(ledger);
  }
}
