import type { Channel, Locale, MarketCode } from '@florin/contracts';
import { selectRows, type Sql } from '@florin/messaging';
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

export interface Handle {
  readonly channel: Channel;
  /** In its normal form. */
  readonly handle: string;
}

/** Whom each of the handles belongs to, in their order. */
export async function peopleOfHandles(sql: Sql, handles: readonly Handle[]): Promise<(Person | undefined)[]> {
  const people = await selectRows<Person & { place: string }>(
    sql,
    `SELECT ${columns}, asked.place
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (channel, handle, place)
       JOIN handles h USING (channel, handle) JOIN people p USING (person_id)`,
    [handles.map(({ channel }) => channel), handles.map(({ handle }) => handle)],
  );
  const found = new Map(people.map(({ place, ...person }) => [Number(place), person]));
  return handles.map((_, index) => found.get(index + 1));
}

/** Who a handle in its normal form belongs to. */
export async function personOfHandle(
  sql: Sql,
  channel: Channel,
  handle: string,
): Promise<Person | undefined> {
  const [person] = await peopleOfHandles(sql, [{ channel, handle }]);
  return person;
}
