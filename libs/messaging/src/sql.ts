/** Runs SQL in somebody's transaction; TypeORM's EntityManager, QueryRunner and DataSource fit. */
export interface Sql {
  query(text: string, params?: unknown[]): Promise<unknown>;
}

/** Rows of a SELECT. Only for statements that end in one: TypeORM answers others with rows and a count. */
export async function selectRows<Row>(sql: Sql, text: string, params: unknown[]): Promise<Row[]> {
  return (await sql.query(text, params)) as Row[];
}
