import { eventually, EventStreamReader, type NotificationDto, type Page, type Person } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { euros, World } from './world.js';

describe('a payment over the public API', () => {
  let world: World;
  let anna: Person;
  let bruno: Person;
  let carla: Person;

  beforeAll(async () => {
    world = await World.start();
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await world.api.register({ name: 'Bruno Bianchi', phone: '+393331000002', locale: 'en' });
    carla = await world.api.register({ name: 'Carla Verdi', phone: '+393331000003', locale: 'pt' });
    await carla.linkHandle('instagram', 'carla.verdi');
    await anna.fund(20_000);
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  it('moves money, and the next read of either balance shows it', async () => {
    const answer = await anna.pay({ ...euros(bruno, 1250), note: 'La pizza' });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/payments/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      status: 'completed',
      payerId: anna.id,
      payeeId: bruno.id,
      amount: { value: 1250, currency: 'EUR' },
      note: 'La pizza',
      failure: null,
    });
    const [ofAnna, ofBruno] = await Promise.all([anna.balance(), bruno.balance()]);
    expect(ofAnna.balance).toEqual({ value: 18_750, currency: 'EUR' });
    expect(ofBruno.balance).toEqual({ value: 1250, currency: 'EUR' });
    expect(ofAnna.revision).toBeGreaterThanOrEqual(answer.body.entry?.revision ?? Infinity);
    expect(await bruno.payment(answer.body.id)).toEqual(answer.body);
  });

  it('finds a payee by a handle of another channel', async () => {
    const answer = await bruno.pay({
      payee: { channel: 'instagram', handle: '@Carla.Verdi' },
      amount: { value: 500, currency: 'EUR' },
      channel: 'instagram',
    });
    expect(answer.body).toMatchObject({ status: 'completed', payeeId: carla.id });
    expect((await carla.balance()).balance.value).toBe(500);
  });

  it('can be paid in the moment after registering', async () => {
    const newcomer = await world.api.register({ name: 'Nuovo Arrivato', phone: '+393331000009' });
    const answer = await anna.pay(euros(newcomer, 100));
    expect(answer.body.status).toBe('completed');
    expect((await newcomer.balance()).balance.value).toBe(100);
  });

  it('sent several times at once with one key is one payment with one answer', async () => {
    const key = randomUUID();
    const before = (await anna.balance()).balance.value;
    const answers = await Promise.all(Array.from({ length: 5 }, () => anna.pay(euros(bruno, 100), key)));
    const [first] = answers;
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([201, first?.body]);
    expect((await anna.balance()).balance.value).toBe(before - 100);
  });

  it('is answered 202 with a place to look when the caller does not wait', async () => {
    const answer = await anna.pay(euros(bruno, 100), randomUUID(), 0);
    expect([answer.status, answer.body.status]).toEqual([202, 'created']);
    expect(answer.headers['location']).toBe(`/v1/payments/${answer.body.id}`);
    await eventually(async () => expect((await anna.payment(answer.body.id)).status).toBe('completed'));
  });

  it('is told to both sides once, each in their language', async () => {
    const { body } = await anna.pay(euros(bruno, 321));
    await bruno.pay(euros(carla, 321));
    await eventually(async () => {
      const [[toAnna, ...noMore], [toBruno]] = await Promise.all([
        messagesAbout(anna, body.id),
        messagesAbout(bruno, body.id),
      ]);
      expect(noMore).toEqual([]);
      expect(toAnna).toMatchObject({ kind: 'payment_sent', locale: 'it' });
      expect(toAnna?.text).toMatch(/3,21.*Bruno|Bruno.*3,21/s);
      expect(toBruno).toMatchObject({ kind: 'payment_received', locale: 'en' });
      expect(toBruno?.text).toMatch(/3\.21.*Anna|Anna.*3\.21/s);
      expect((await carla.feed()).at(-1)).toMatchObject({ kind: 'payment_received', locale: 'pt' });
    });
  });

  it('is listed to both sides, newest first, page by page', async () => {
    const { body } = await anna.pay(euros(bruno, 11));
    for (const person of [anna, bruno]) {
      const all: string[] = [];
      let query = '';
      do {
        const { items, nextCursor } = await pageOf(person, `?limit=2${query}`);
        all.push(...items.map(({ id }) => id));
        query = nextCursor === null ? '' : `&cursor=${nextCursor}`;
      } while (query !== '');
      expect(all[0]).toBe(body.id);
      expect(all).toEqual([...new Set(all)].sort().reverse());
      expect(all).toEqual((await person.payments()).map(({ id }) => id));
    }
  });

  describe('the stream of messages', () => {
    const follow = (person: Person, lastEventId?: string) =>
      EventStreamReader.open(`${world.stack.gatewayUrl}/v1/notifications/stream`, {
        authorization: `Bearer ${person.token}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      });
    /** Messages come a little after the answer: what was paid before is to be told before, too. */
    const allTold = (...people: Person[]) =>
      eventually(async () => {
        for (const person of people) {
          const told = (await person.feed()).map(({ paymentId }) => paymentId);
          expect(told).toEqual(expect.arrayContaining((await person.payments()).map(({ id }) => id)));
        }
      });
    const paymentOf = (event: { data: string } | undefined) =>
      (JSON.parse(event?.data ?? '') as NotificationDto).paymentId;

    it('tells of a payment as it happens, and of nobody else’s', async () => {
      await allTold(anna, carla);
      const [streamOfAnna, streamOfCarla] = await Promise.all([follow(anna), follow(carla)]);
      try {
        const { body } = await anna.pay(euros(bruno, 17));
        const [event] = await streamOfAnna.first(1);
        expect(event?.type).toBe('notification');
        expect(JSON.parse(event?.data ?? '')).toEqual((await messagesAbout(anna, body.id))[0]);
        const next = await anna.pay(euros(carla, 18));
        await streamOfCarla.first(1);
        expect(streamOfCarla.events.map(paymentOf)).toEqual([next.body.id]);
      } finally {
        await Promise.all([streamOfAnna.close(), streamOfCarla.close()]);
      }
    });

    it('goes on after Last-Event-ID without loss or repetition, also when notifications restarts', async () => {
      await allTold(bruno);
      const firstStream = await follow(bruno);
      const paid = [(await anna.pay(euros(bruno, 1))).body.id, (await anna.pay(euros(bruno, 2))).body.id];
      const [read] = await firstStream.first(1);
      await firstStream.close();
      paid.push((await anna.pay(euros(bruno, 3))).body.id);
      await world.stack.kill('notifications', 'SIGKILL');
      paid.push((await anna.pay(euros(bruno, 4))).body.id);
      await world.stack.start('notifications');

      const secondStream = await follow(bruno, read?.id);
      try {
        paid.push((await anna.pay(euros(bruno, 5))).body.id);
        const rest = await secondStream.first(4, 60_000);
        const told = [read, ...rest].map(paymentOf);
        // Payments have keys of their own, so two of them may be told in either order; the stream's is the feed's.
        expect(told.toSorted()).toEqual(paid.toSorted());
        expect(told).toEqual((await bruno.feed()).slice(-5).map(({ paymentId }) => paymentId));
      } finally {
        await secondStream.close();
      }
    }, 120_000);
  });

  async function pageOf(person: Person, query: string) {
    return (await person.call<Page<{ id: string }>>('GET', `/v1/payments${query}`)).body;
  }

  async function messagesAbout(person: Person, paymentId: string): Promise<NotificationDto[]> {
    return (await person.feed()).filter((item) => item.paymentId === paymentId);
  }
});
