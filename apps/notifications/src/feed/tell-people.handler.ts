import { onceOnly } from '@florin/messaging';
import type { PreparedDatabase } from '@florin/service-host';
import { v7 as uuidv7 } from 'uuid';
import { advanceFeeds, insertNotifications, type NewNotification } from './feed.store.js';
import type { NamesOf } from './names.js';
import { messageOf, newsOf, type DecidedPayment, type News } from './news.js';

export type TellPeople = ReturnType<typeof tellPeople>;

interface Deps {
  readonly database: Pick<PreparedDatabase, 'transaction'>;
  readonly namesOf: NamesOf;
  readonly now: () => Date;
}

/**
 * Tells both sides of each payment, once per event and person whatever is delivered again. A batch of any size takes
 * the same few statements.
 */
export const tellPeople =
  ({ database, namesOf, now }: Deps) =>
  async (payments: readonly DecidedPayment[]): Promise<void> => {
    // Before the transaction: a slow answer must not hold feeds locked.
    const names = await namesOf(payments.flatMap(({ data }) => [data.payerId, data.payeeId]));
    await database.transaction(async (sql) => {
      const fresh = await onceOnly(sql, 'notifications', payments);
      const news = fresh.flatMap(newsOf);
      if (news.length === 0) return;
      const feeds = await advanceFeeds(sql, countByPerson(news));
      await insertNotifications(sql, place(news, feeds, names, now()));
    });
  };

function countByPerson(news: readonly News[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { personId } of news) counts.set(personId, (counts.get(personId) ?? 0) + 1);
  return counts;
}

/** Puts each piece of news into words, and at its place: a person's are the last ones of their feed, in order. */
function place(
  news: readonly News[],
  feeds: Awaited<ReturnType<typeof advanceFeeds>>,
  names: ReadonlyMap<string, string>,
  createdAt: Date,
): NewNotification[] {
  const left = countByPerson(news);
  return news.map((item) => {
    const { personId, eventId, paymentId, outcome } = item;
    const feed = feeds.get(personId);
    const after = left.get(personId);
    if (feed === undefined || after === undefined) throw new Error(`no feed was made for person ${personId}`);
    left.set(personId, after - 1);
    return {
      ...messageOf(item, { locale: feed.locale, counterparty: names.get(item.counterpartyId) }),
      id: uuidv7(),
      personId,
      eventId,
      paymentId,
      kind: outcome.kind,
      position: feed.last - after + 1,
      createdAt,
    };
  });
}
