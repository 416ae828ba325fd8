import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/** Runs SQL with parameters; answers the rows of a SELECT or of a RETURNING. */
export interface PreparedSql {
  query(text: string, params?: unknown[]): Promise<unknown[]>;
}

/** SQL for hot paths: each text is parsed and planned once per connection, and then known by a name. */
export interface PreparedDatabase extends PreparedSql {
  /** Runs `work` in a transaction of its own, committed when it resolves and rolled back when it rejects. */
  transaction<Result>(work: (sql: PreparedSql) => Promise<Result>): Promise<Result>;
}

/** Texts that get a name. They are constants of the code, so only a mistake can reach the limit. */
const maxStatements = 500;

/**
 * Prepared statements over the pool of an initialised data source, which stays their owner. Once per data source: the names belong to
 * its connections.
 */
export function preparedDatabase(dataSource: DataSource): PreparedDatabase {
  const pool = (dataSource.driver as unknown as { master: Pool }).master;
  const names = new Map<string, string>();
  const named = (text: string): { name?: string; text: string } => {
    const known = names.get(text);
    if (known !== undefined) return { name: known, text };
    if (names.size >= maxStatements) return { text };
    const name = `s${names.size}`;
    names.set(text, name);
    return { name, text };
  };
  const sqlOf = (client: Pool | PoolClient): PreparedSql => ({
    query: async (text, params = []) => {
      const { rows } = await client.query<Record<string, unknown>>({ ...named(text), values: params });
      return rows;
    },
  });
  return {
    ...sqlOf(pool),
    async transaction(work) {
      const client = await pool.connect();
      // The pool listens only while it has the client: a connection lost between two statements must fail the next one, not the process.
      client.on('error', ignore);
      try {
        await client.query('BEGIN');
        const result = await work(sqlOf(client));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        await rollBack(client);
        throw error;
      } finally {
        client.off('error', ignore);
      }
    },
  };
}

const ignore = (): void => undefined;

/** A connection that cannot even roll back is of no more use. */
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch (error) {
    client.release(error as Error);
  }
}
