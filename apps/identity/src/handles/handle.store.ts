import type { Channel } from '@florin/contracts';
import type { EntityManager } from 'typeorm';

export interface Handle {
  readonly id: string;
  readonly channel: Channel;
  readonly handle: string;
}

/** Links a handle in its normal form; false when it is linked already, to whomever. */
export async function insertHandle(
  manager: EntityManager,
  { id, personId, channel, handle }: Handle & { personId: string },
  now: Date,
): Promise<boolean> {
  const inserted = await manager.query<unknown[]>(
    `INSERT INTO handles (handle_id, person_id, channel, handle, linked_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (channel, handle) DO NOTHING RETURNING handle_id`,
    [id, personId, channel, handle, now],
  );
  return inserted.length === 1;
}

/** A person's handles, oldest first. */
export async function handlesOf(manager: EntityManager, personId: string): Promise<Handle[]> {
  return manager.query<Handle[]>(
    'SELECT handle_id AS id, channel, handle FROM handles WHERE person_id = $1 ORDER BY linked_at, handle_id',
    [personId],
  );
}

export async function deleteHandle(manager: EntityManager, id: string): Promise<void> {
  await manager.query('DELETE FROM handles WHERE handle_id = $1', [id]);
}

/** From here to the end of the transaction nobody else changes this person's handles; false for nobody. */
export async function lockPerson(manager: EntityManager, personId: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>('SELECT 1 FROM people WHERE person_id = $1 FOR UPDATE', [
    personId,
  ]);
  return rows.length === 1;
}
