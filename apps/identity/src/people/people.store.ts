import type { Channel, Locale, MarketCode } from '@florin/contracts';
import type { EntityManager } from 'typeorm';

export interface Person {
  readonly personId: string;
  readonly name: string;
  readonly market: MarketCode;
  readonly locale: Locale;
}

const columns = 'p.person_id AS "personId", p.name, p.market, p.locale';

export async function insertPerson(manager: EntityManager, person: Person, now: Date): Promise<void> {
  await manager.query(
    'INSERT INTO people (person_id, name, market, locale, registered_at) VALUES ($1, $2, $3, $4, $5)',
    [person.personId, person.name, person.market, person.locale, now],
  );
}

export async function personById(manager: EntityManager, personId: string): Promise<Person | undefined> {
  const [person] = await peopleByIds(manager, [personId]);
  return person;
}

/** Those of the people asked for who exist, in no order. */
export async function peopleByIds(manager: EntityManager, personIds: readonly string[]): Promise<Person[]> {
  return manager.query<Person[]>(`SELECT ${columns} FROM people p WHERE p.person_id = ANY($1::uuid[])`, [
    personIds,
  ]);
}

/** Who a handle in its normal form belongs to. */
export async function personOfHandle(
  manager: EntityManager,
  channel: Channel,
  handle: string,
): Promise<Person | undefined> {
  const [person] = await manager.query<Person[]>(
    `SELECT ${columns} FROM handles h JOIN people p USING (person_id) WHERE h.channel = $1 AND h.handle = $2`,
    [channel, handle],
  );
  return person;
}
