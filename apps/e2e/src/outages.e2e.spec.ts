import { engineNames, type ServiceName } from '@florin/local-stack';
import { ApiClient, askAuditor, EventStreamReader, inParallel, Person, type Answer } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { type Accepted, expectExactlyOnce, type Intent, payUntilTaken } from './books.js';
import { euros, noLimits, World } from './world.js';

const crowdSize = 20;
const funding = 100_000;
const concurrency = 16;

describe('every accepted payment happens exactly once', () => {
  let world: World;
  let people: Person[];
  const accepted: Accepted[] = [];

  beforeAll(async () => {
    world = await World.start(noLimits);
    people = await inParallel(crowdSize, concurrency, async (index) => {
      const person = await world.api.register({ name: 'Prova Prova', phone: `+3933340${10_000 + index}` });
      await person.fund(funding, 'EUR', fundingKey(person));
      return person;
    });
  }, 240_000);

  afterAll(() => world?.close(), 60_000);

  const fundingKey = (person: Person) => `funding-${person.phone}`;
  const through =
    (api: ApiClient) =>
    ({ name, phone, id, token }: Person) =>
      new Person(api, name, phone, id, token);

  const intent = (index: number): Intent => ({
    payer: people[index % crowdSize] as Person,
    payee: people[(index * 7 + 1 + Math.floor(index / crowdSize)) % crowdSize] as Person,
    value: 1 + (index % 97),
    key: randomUUID(),
  });
  /** Payments among all, none to the payer. */
  const intents = (count: number): Intent[] =>
    Array.from({ length: 2 * count }, (_, index) => intent(index))
      .filter(({ payer, payee }) => payer !== payee)
      .slice(0, count);

  it('when wallet, payments and notifications are killed (kill -9) under load', async () => {
    const load = intents(400);
    const kills = new Map<number, ServiceName>([
      [80, 'wallet'],
      [160, 'payments'],
      [240, 'notifications'],
    ]);
    const restarts: Promise<void>[] = [];
    const taken = await inParallel(load.length, concurrency, (index) => {
      const service = kills.get(index);
      if (service !== undefined) {
        restarts.push(world.stack.kill(service, 'SIGKILL').then(() => world.stack.start(service)));
      }
      return payUntilTaken(load[index] as Intent);
    });
    await Promise.all(restarts);
    accepted.push(...taken);
    await expectExactlyOnce(world.stack, people, funding, accepted);
  }, 240_000);

  it('when two instances of each service work at the same time', async () => {
    const [payments, notifications] = await Promise.all([
      world.stack.startAnother('payments'),
      world.stack.startAnother('notifications'),
      world.stack.startAnother('wallet'),
    ]);
    const second = new ApiClient(payments.url);
    const [anna] = people as [Person];
    const stream = await EventStreamReader.open(`${notifications.url}/v1/notifications/stream`, {
      authorization: `Bearer ${anna.token}`,
    });
    try {
      const load = intents(200);
      const taken = await inParallel(load.length, concurrency, async (index) => {
        const here = load[index] as Intent;
        const there = { ...here, payer: through(second)(here.payer) };
        // Every third one is sent to both instances at the same moment, with one key.
        if (index % 3 > 0) return payUntilTaken(index % 3 === 1 ? here : there, 10);
        const [one, other] = await Promise.all([payUntilTaken(here, 10), payUntilTaken(there, 10)]);
        expect(other.answer).toMatchObject({ status: one.answer.status, body: one.answer.body });
        return one;
      });
      accepted.push(...taken);
      await expectExactlyOnce(world.stack, people, funding, accepted);
      const own = taken.filter(({ payer, payee }) => payer.id === anna.id || payee.id === anna.id);
      const streamed = await stream.first(own.length);
      expect(
        streamed.map(({ data }) => (JSON.parse(data) as { paymentId: string }).paymentId).sort(),
      ).toEqual(own.map(({ answer }) => answer.body.id).sort());
    } finally {
      await Promise.all([stream.close(), second.close()]);
    }
  }, 240_000);

  it('after a stop and a second start over the same data: same balances, same answers to old keys', async () => {
    const [anna, bruno] = people as [Person, Person];
    const refusedKey = randomUUID();
    const refused = await anna.pay(euros(bruno, 10 * funding), refusedKey);
    expect(refused.status).toBe(422);
    const before = await balances();

    await world.restart();
    people = people.map(through(world.api));
    expect(await balances()).toEqual(before);
    const [annaAgain] = people as [Person];
    const old = accepted.filter(({ payer, answer }) => payer.id === anna.id && answer.status === 201);
    expect(old.length).toBeGreaterThan(5);
    for (const { payee, value, key, answer } of old) {
      expect(essence(await annaAgain.pay(euros(payee, value), key))).toEqual(essence(answer));
    }
    expect(essence(await annaAgain.pay(euros(bruno, 10 * funding), refusedKey))).toEqual(essence(refused));
    await annaAgain.fund(funding, 'EUR', fundingKey(anna));
    expect(await balances()).toEqual(before);
    expect((await askAuditor(world.stack.eventStoreUrl, 'verify')).body).toMatchObject({
      verified: true,
      trialBalance: 0,
      entries: accepted.length + people.length,
    });
  }, 240_000);

  it('when the engines die (kill -9) under load, and all starts again over what is on disk', async () => {
    const load = intents(200);
    let killed: Promise<unknown> | undefined;
    const killEngines = () => Promise.all(engineNames.map((name) => world.stack.killEngine(name)));
    const answers = await inParallel(load.length, concurrency, async (index) => {
      if (index === load.length / 2) killed = killEngines();
      const { payer, payee, value, key } = load[index] as Intent;
      if (killed !== undefined) return undefined;
      return payer.pay(euros(payee, value), key, 1).catch(() => undefined);
    });
    await killed;
    const taken = answers.filter((answer) => answer !== undefined && answer.status < 300);
    expect(taken.length).toBeGreaterThan(load.length / 4);

    await world.restart();
    people = people.map(through(world.api));
    const again = await inParallel(load.length, concurrency, (index) => {
      const { payer, ...rest } = load[index] as Intent;
      return payUntilTaken({ ...rest, payer: through(world.api)(payer) });
    });
    // What was taken before is the same payment still.
    for (const [index, answer] of answers.entries()) {
      if (answer !== undefined && answer.status < 300)
        expect(again[index]?.answer.body.id).toBe(answer.body.id);
    }
    accepted.push(...again);
    await expectExactlyOnce(world.stack, people, funding, accepted);
  }, 240_000);

  const balances = () =>
    inParallel(crowdSize, concurrency, async (index) => (await (people[index] as Person).balance()).balance);
  /** What an answer says of a payment; its trace id is of its own. */
  const essence = ({ status, body }: Answer) => ({
    status,
    body: { ...(body as object), traceId: undefined },
  });
});
