import {
  cloudEvent,
  paymentCompleted,
  paymentCreated,
  paymentFailed,
  personRegistered,
  type EventOf,
  type Locale,
} from '@florin/contracts';
import { listRoutes, preparedDatabase, type PreparedDatabase, type PreparedSql } from '@florin/service-host';
import type { ApiClient, NotificationDto } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { eventually, Follower, NotificationsUnderTest, problemType } from '../notifications.harness.spec.js';
import { tellPeople } from './tell-people.handler.js';

interface Feed {
  items: NotificationDto[];
  nextCursor: string | null;
}

let world: NotificationsUnderTest;
let api: ApiClient;

beforeAll(async () => {
  world = await NotificationsUnderTest.start({ kafka: true });
  api = await world.instance();
}, 60_000);

afterAll(() => world?.stop(), 30_000);

const envelope = () => ({ id: uuidv7(), source: '/florin/payments', time: '2026-11-21T10:00:00.000Z' });

const payment = (payerId: string, payeeId: string, value = 1250) => ({
  paymentId: uuidv7(),
  payerId,
  payeeId,
  amount: { value, currency: 'EUR' },
  market: 'it' as const,
  channel: 'whatsapp' as const,
});

function completed(payerId: string, payeeId: string, value?: number): EventOf<typeof paymentCompleted> {
  const entry = { ledger: 'it-eur', entryId: uuidv7(), revision: 1 };
  return cloudEvent(paymentCompleted, {
    ...envelope(),
    data: { ...payment(payerId, payeeId, value), ...entry },
  });
}

/** Somebody whose language is known before anything is told to them. */
async function person(locale: Locale, name?: string): Promise<string> {
  const personId = uuidv7();
  if (name !== undefined) world.names.known.set(personId, name);
  await world.publisher.publish([
    cloudEvent(personRegistered, { ...envelope(), data: { personId, market: 'it', locale } }),
  ]);
  await eventually(async () =>
    expect(await world.database.query('SELECT 1 FROM feeds WHERE person_id = $1', [personId])).toHaveLength(
      1,
    ),
  );
  return personId;
}

async function feedOf(personId: string, query = ''): Promise<Feed> {
  const token = await world.authority.personToken(personId);
  return api.expect<Feed>(200, 'GET', `/v1/notifications${query}`, { token });
}

/** The feed once it has this many notifications. */
const feedWith = (personId: string, count: number): Promise<NotificationDto[]> =>
  eventually(async () => {
    const { items } = await feedOf(personId, '?limit=100');
    expect(items).toHaveLength(count);
    return items;
  });

const plain = (text: string): string => text.replace(/\u00a0/g, ' ');

describe('a payment', () => {
  it('is told to both sides, each in their language and with the name of the other', async () => {
    const [anna, bruno] = [await person('it', 'Anna B.'), await person('en', 'Bruno R.')];
    const event = completed(anna, bruno);
    await world.publisher.publish([event]);
    const [sent] = await feedWith(anna, 1);
    const [received] = await feedWith(bruno, 1);
    const { paymentId } = event.data;
    expect(sent).toMatchObject({ kind: 'payment_sent', paymentId, locale: 'it' });
    expect(plain(sent!.text)).toBe('Hai inviato 12,50 € a Bruno R.');
    expect(received).toMatchObject({ kind: 'payment_received', paymentId, locale: 'en' });
    expect(received!.text).toBe('You received €12.50 from Anna B.');
  });

  it('that failed is told to the payer alone', async () => {
    const [anna, bruno] = [await person('pt'), await person('it')];
    const data = { ...payment(anna, bruno, 50_000), code: 'insufficient_funds' as const };
    const later = completed(bruno, anna);
    await world.publisher.publish([cloudEvent(paymentFailed, { ...envelope(), data }), later]);
    const items = await feedWith(anna, 2);
    expect(items.map(({ kind }) => kind).sort()).toEqual(['payment_failed', 'payment_received']);
    expect(items.find(({ kind }) => kind === 'payment_failed')?.text).toContain('o saldo não é suficiente');
    expect((await feedWith(bruno, 1))[0]?.paymentId).toBe(later.data.paymentId);
  });

  it('that is only created is no news', async () => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    const data = payment(anna, bruno);
    const entry = { ledger: 'it-eur', entryId: uuidv7(), revision: 1 };
    await world.publisher.publish([
      cloudEvent(paymentCreated, { ...envelope(), data }),
      cloudEvent(paymentCompleted, { ...envelope(), data: { ...data, ...entry } }),
    ]);
    const [only] = await feedWith(anna, 1);
    expect(only?.kind).toBe('payment_sent');
  });

  it("is told in the market's language to whom is not known yet", async () => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    await world.publisher.publish([completed(anna, bruno)]);
    const [sent] = await feedWith(anna, 1);
    expect([sent?.locale, plain(sent!.text)]).toEqual(['it', 'Hai inviato 12,50 €.']);
  });

  it('is told once, however often its event is delivered', async () => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    const event = completed(anna, bruno);
    await world.publisher.publish([event, event]);
    await feedWith(anna, 1);
    const last = completed(anna, bruno);
    await world.publisher.publish([event]);
    await world.publisher.publish([last]);
    expect((await feedWith(anna, 2)).map(({ paymentId }) => paymentId)).toEqual([
      event.data.paymentId,
      last.data.paymentId,
    ]);
    expect(await feedWith(bruno, 2)).toHaveLength(2);
  });
});

describe('telling many', () => {
  let prepared: PreparedDatabase;
  beforeAll(() => (prepared = preparedDatabase(world.database)));
  const namesOf = () => Promise.resolve(new Map<string, string>());
  const now = () => new Date();

  it('takes as many statements for hundreds of payments as for one', async () => {
    const counts: number[] = [];
    for (const size of [1, 300]) {
      let statements = 0;
      const counted = (sql: PreparedSql): PreparedSql => ({
        query: (text, params) => {
          statements += 1;
          return sql.query(text, params);
        },
      });
      const database: Pick<PreparedDatabase, 'transaction'> = {
        transaction: (work) => prepared.transaction((sql) => work(counted(sql))),
      };
      await tellPeople({ database, namesOf, now })(
        Array.from({ length: size }, () => completed(uuidv7(), uuidv7())),
      );
      counts.push(statements);
    }
    expect(counts[1]).toBe(counts[0]);
  });

  it('at once, to the same people, loses and repeats nothing, and leaves no gap', async () => {
    const people = [uuidv7(), uuidv7(), uuidv7()];
    const batches = Array.from({ length: 6 }, (_, batch) =>
      Array.from({ length: 20 }, (_, index) =>
        completed(people[(batch + index) % 3]!, people[(batch + index + 1) % 3]!),
      ),
    );
    const tell = tellPeople({ database: prepared, namesOf, now });
    // Each batch twice: a rebalance may have two consumers handle the same events.
    await Promise.all([...batches, ...batches].map((batch) => tell(batch)));
    for (const personId of people) {
      const rows: { position: string }[] = await world.database.query(
        'SELECT position FROM notifications WHERE person_id = $1 ORDER BY position',
        [personId],
      );
      expect(rows.map(({ position }) => Number(position))).toEqual(
        Array.from({ length: 80 }, (_, i) => i + 1),
      );
    }
  });

  it('asks for names in one go, remembers them, and does without them when identity is away', async () => {
    const [anna, bruno] = [await person('it', 'Anna B.'), await person('it', 'Bruno R.')];
    await world.publisher.publish([completed(anna, bruno)]);
    await feedWith(anna, 1);
    const before = world.names.requests;
    await world.publisher.publish([completed(anna, bruno)]);
    expect(plain((await feedWith(anna, 2))[1]!.text)).toBe('Hai inviato 12,50 € a Bruno R.');
    expect(world.names.requests).toBe(before);

    world.names.down = true;
    const stranger = uuidv7();
    await world.publisher.publish([completed(anna, stranger)]);
    expect(plain((await feedWith(anna, 3))[2]!.text)).toBe('Hai inviato 12,50 €.');
    expect(plain((await feedWith(stranger, 1))[0]!.text)).toBe('Hai ricevuto 12,50 € da Anna B.');
    world.names.down = false;
  });
});

describe('a feed', () => {
  it('is read in pages whose order never changes', async () => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    const events = Array.from({ length: 5 }, (_, index) => completed(anna, bruno, index + 1));
    for (const event of events) await world.publisher.publish([event]);
    const all = await feedWith(anna, 5);
    const first = await feedOf(anna, '?limit=2');
    const second = await feedOf(anna, `?limit=2&cursor=${first.nextCursor}`);
    const third = await feedOf(anna, `?limit=2&cursor=${second.nextCursor}`);
    expect([...first.items, ...second.items, ...third.items]).toEqual(all);
    expect(await feedOf(anna, `?cursor=${third.nextCursor}`)).toEqual({ items: [], nextCursor: null });
    await world.publisher.publish([completed(anna, bruno)]);
    await feedWith(anna, 6);
    expect((await feedOf(anna, `?cursor=${third.nextCursor}`)).items).toHaveLength(1);
  });

  it('is its owner’s alone', async () => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    await world.publisher.publish([completed(anna, bruno)]);
    await feedWith(anna, 1);
    expect((await feedOf(uuidv7())).items).toEqual([]);
    expect((await feedOf(bruno)).items.map(({ kind }) => kind)).toEqual(['payment_received']);
    expect(problemType(await api.call('GET', '/v1/notifications'))).toBe('token-missing');
  });

  it.each(['cursor=x', 'cursor=-1', 'limit=0', 'limit=101', 'person=1'])(
    'cannot be read with ?%s',
    async (query) => {
      const token = await world.authority.personToken(randomUUID());
      expect(problemType(await api.call('GET', `/v1/notifications?${query}`, { token }))).toBe(
        'invalid-request',
      );
    },
  );
});

describe('a stream', () => {
  it('brings what is told from now on, from whatever instance', async () => {
    const other = await world.instance();
    const [anna, bruno] = [uuidv7(), uuidv7()];
    await world.publisher.publish([completed(anna, bruno, 100)]);
    await feedWith(anna, 1);
    const token = await world.authority.personToken(anna);
    const followers = [await Follower.open(api.baseUrl, token), await Follower.open(other.baseUrl, token)];
    const stranger = await Follower.open(api.baseUrl, await world.authority.personToken(uuidv7()));
    await world.publisher.publish([completed(anna, bruno, 200)]);
    for (const follower of followers) {
      await eventually(() => expect(follower.events).toHaveLength(1));
      expect(plain(follower.texts[0]!)).toBe('Hai inviato 2,00 €.');
      expect(follower.events[0]?.data).toEqual((await feedOf(anna)).items[1]);
      await follower.close();
    }
    expect(stranger.events).toEqual([]);
    await stranger.close();
  });

  it('goes on after the last event that was read, without a gap or a repetition', async () => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    const token = await world.authority.personToken(anna);
    const first = await Follower.open(api.baseUrl, token);
    await world.publisher.publish([completed(anna, bruno, 1), completed(anna, bruno, 2)]);
    await eventually(() => expect(first.events).toHaveLength(2));
    await first.close();
    await world.publisher.publish(Array.from({ length: 90 }, () => completed(anna, bruno)));
    await feedWith(anna, 92);
    const again = await Follower.open(api.baseUrl, token, first.events[0]!.id);
    await eventually(() => expect(again.events).toHaveLength(91));
    const items = (await feedOf(anna, '?limit=100')).items;
    expect(again.events.map(({ data }) => data)).toEqual(items.slice(1));
    const cursor = await feedOf(anna, `?cursor=${again.events.at(-1)!.id}`);
    expect(cursor.items).toEqual([]);
    await again.close();
  });

  it('goes on when the connection that listens for news is lost', async () => {
    const anna = uuidv7();
    const follower = await Follower.open(api.baseUrl, await world.authority.personToken(anna));
    const cut: unknown[] = await world.database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'notifications-listener'",
    );
    expect(cut.length).toBeGreaterThan(0);
    await world.publisher.publish([completed(anna, uuidv7())]);
    await eventually(() => expect(follower.events).toHaveLength(1));
    await follower.close();
  });

  it('ends with the token', async () => {
    const token = await world.authority.personToken(uuidv7(), { ttlSeconds: 2 });
    const follower = await Follower.open(api.baseUrl, token);
    await follower.ended;
    await expect(Follower.open(api.baseUrl, token)).rejects.toThrow('answered 401');
  });

  it('is one of five at most per person', async () => {
    const token = await world.authority.personToken(uuidv7());
    const open = await Promise.all(Array.from({ length: 5 }, () => Follower.open(api.baseUrl, token)));
    const answer = await api.call('GET', '/v1/notifications/stream', { token });
    expect([answer.status, problemType(answer)]).toEqual([429, 'streams-too-many']);
    await open[0]!.close();
    const next = await eventually(() => Follower.open(api.baseUrl, token));
    for (const follower of [...open.slice(1), next]) await follower.close();
  });

  it('has no head: to ask for it is answered at once and takes no place', async () => {
    const token = await world.authority.personToken(uuidv7());
    const authorization = `Bearer ${token}`;
    for (let n = 0; n < 6; n += 1) {
      const url = `${api.baseUrl}/v1/notifications/stream`;
      const { status, headers } = await fetch(url, { method: 'HEAD', headers: { authorization } });
      expect([status, headers.get('allow')]).toEqual([405, 'GET']);
    }
    await (await Follower.open(api.baseUrl, token)).close();
  });

  it('takes no parameter: where to go on is told by Last-Event-ID', async () => {
    const token = await world.authority.personToken(uuidv7());
    const answer = await api.call('GET', '/v1/notifications/stream?cursor=0', { token });
    expect([answer.status, problemType(answer)]).toEqual([400, 'invalid-request']);
  });

  it('needs a cursor that it gave out, and a token', async () => {
    const token = await world.authority.personToken(uuidv7());
    const headers = { 'last-event-id': 'yesterday' };
    expect(problemType(await api.call('GET', '/v1/notifications/stream', { token, headers }))).toBe(
      'invalid-request',
    );
    expect(problemType(await api.call('GET', '/v1/notifications/stream'))).toBe('token-missing');
  });
});

it('guards every route but the outbox of development', () => {
  const open = listRoutes(world.service.app)
    .filter(({ path }) => !/^\/(health|metrics|docs)/.test(path))
    .filter(({ access }) => access.kind === 'public')
    .map(({ method, path }) => `${method} ${path}`);
  expect(open).toEqual(['GET /v1/dev/outbox']);
});
