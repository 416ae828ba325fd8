import * as contracts from '@florin/contracts';
import type { EventDefinition } from '@florin/contracts';
import { clientSettings } from '@florin/local-stack';
import { askAuditor, eventually, type Answer, type PaymentDto, type Person } from '@florin/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askOperator, inSeconds } from './operator.js';
import { deliverAgain, TopicReader, untilConsumed, type TopicMessage } from './topic-reader.js';
import { euros, kafkaKind, World } from './world.js';

const { allTopics, monthAt, monthSpan, paymentCompleted, paymentCreated, paymentFailed, topics } = contracts;

/** Everything that must never leave the databases. */
const secrets = {
  names: ['Fiordaliso', 'Quagliarella', 'Melchiorre', 'Zuccheroni', 'Petronilla', 'Sbragia'],
  phones: ['393339910001', '393339910002', '393339910003'],
  handle: 'petronilla.fa.shopping',
  note: 'gnocchi-della-nonna',
};

const paymentCount = 24;

describe('what is published', () => {
  let world: World;
  let people: Person[];
  let reader: TopicReader;
  /** What was paid, with the trace id that the payer's app sent along. */
  const paid: { traceId: string; id: string; status: string }[] = [];

  beforeAll(async () => {
    world = await World.start();
    people = await Promise.all(
      secrets.phones.map((phone, index) =>
        world.api.register({
          name: `${secrets.names[2 * index]} ${secrets.names[2 * index + 1]}`,
          phone: `+${phone}`,
        }),
      ),
    );
    const [anna, bruno, carla] = people as [Person, Person, Person];
    await carla.linkHandle('instagram', secrets.handle);
    await anna.fund(10_000);
    await openShop(anna);
    await Promise.all(Array.from({ length: paymentCount }, (_, index) => payTraced(anna, bruno, 1 + index)));
    await payTraced(anna, { channel: 'instagram', handle: secrets.handle }, 5);
    await payTraced(carla, bruno, 9_999);
    await operate(anna);
    reader = await TopicReader.open(
      clientSettings(world.stack.kafka),
      allTopics().map(({ name }) => name),
    );
    await eventually(() => expect(of(topics.payments.name)).toHaveLength(2 * paid.length), 60_000);
  }, 240_000);

  afterAll(async () => {
    await reader?.close();
    await world?.close();
  }, 60_000);

  const of = (topic: string) => reader.messages.filter((message) => message.topic === topic);

  it('is a CloudEvent in binary mode, each attribute in a header', () => {
    for (const { headers, key, value } of reader.messages) {
      expect(headers).toMatchObject({
        ce_specversion: '1.0',
        ce_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        ce_source: expect.stringMatching(/^\/[a-z]+(\/[a-z-]+)?$/),
        ce_type: expect.stringMatching(/^com\.florin\.[a-z.-]+\.v\d+$/),
        ce_subject: expect.stringMatching(/^[a-z]+\/.+/),
        ce_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
        ce_partitionkey: key,
        'content-type': 'application/json',
      });
      expect(JSON.parse(value)).not.toHaveProperty('specversion');
    }
  });

  it('keeps its contract: topic, schema, subject and key', () => {
    const seen = new Set<string>();
    for (const message of reader.messages) {
      const definition = definitions.get(message.headers['ce_type'] ?? '');
      expect(definition?.topic).toBe(message.topic);
      const data = definition?.data.parse(JSON.parse(message.value));
      expect(message.headers['ce_subject']).toBe(definition?.subject(data));
      expect(message.key).toBe(definition?.key(data));
      seen.add(definition?.type ?? '');
    }
    expect([...seen].sort()).toEqual([...definitions.keys()].sort());
  });

  it('says one thing under one id', () => {
    const byId = Map.groupBy(reader.messages, ({ headers }) => `${headers['ce_source']} ${headers['ce_id']}`);
    for (const [id, messages] of byId) {
      expect([id, new Set(messages.map(({ value }) => value)).size]).toEqual([id, 1]);
    }
  });

  it('comes in order per key, and a key stays on its partition', () => {
    for (const messages of Map.groupBy(reader.messages, ({ topic, key }) => `${topic} ${key}`).values()) {
      expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1);
    }
    for (const { id, status } of paid) {
      const types = of(topics.payments.name)
        .filter(({ key }) => key === id)
        .map(({ headers }) => headers['ce_type']);
      const decision = status === 'completed' ? paymentCompleted : paymentFailed;
      expect(types).toEqual([paymentCreated.type, decision.type]);
    }
  });

  it('has every revision of the ledger once, from the first account to its head', async () => {
    const { body } = await askAuditor<{ headRevision: number }>(world.stack.eventStoreUrl, 'verify');
    await eventually(() => {
      const revisions = of(topics.ledgerEntries.name).map(
        ({ value }) => (JSON.parse(value) as { revision: number }).revision,
      );
      // Revision 0 makes the book itself and concerns nobody else.
      expect(revisions).toEqual(Array.from({ length: body.headRevision }, (_, index) => index + 1));
    });
  });

  it('carries the trace of the HTTP request all the way', () => {
    const traceOf = ({ headers }: TopicMessage) => {
      expect(headers['traceparent']).toBe(headers['ce_traceparent']);
      return headers['ce_traceparent']?.split('-')[1];
    };
    const outcomes = of(topics.ledgerEntries.name).map((message) => ({
      message,
      reference: (JSON.parse(message.value) as { reference?: string }).reference,
    }));
    for (const { id, traceId } of paid) {
      const changes = of(topics.payments.name).filter(({ key }) => key === id);
      const entries = outcomes.filter(({ reference }) => reference === id).map(({ message }) => message);
      expect([...changes, ...entries].map(traceOf)).toEqual([traceId, traceId, traceId]);
    }
  });

  it('leaves no dead letter', () => {
    expect(reader.messages.filter(({ topic }) => topic.endsWith('.dlq'))).toEqual([]);
  });

  it('names nobody, neither in the broker nor in the event store', async () => {
    const personal = [...secrets.names, ...secrets.phones, secrets.handle, secrets.note];
    for (const engine of [kafkaKind === 'embedded' ? 'kafka' : 'apache-kafka', 'event-store']) {
      const bytes = await allBytes(join(world.dataDir, 'engines', engine));
      // What is looked for would be found: nothing there is compressed.
      expect(bytes.includes(paid[0]?.id ?? '')).toBe(true);
      expect(personal.filter((text) => bytes.includes(text))).toEqual([]);
    }
  });

  it('has no counterpart in the logs: no token, no code, nobody named', async () => {
    const logs = (await allBytes(join(world.dataDir, 'logs'))).toString();
    expect(logs).toContain('"route":"/v1/payments"');
    const tokens = people.map(({ token }) => token.split('.').at(-1) ?? '');
    const files = ['signing-key.pem', 'notifications-client-secret', 'otp-pepper'];
    const keys = await Promise.all(
      files.map(async (file) => (await readFile(join(world.dataDir, 'keys', file), 'utf8')).split('\n')),
    );
    const keyText = keys.flat().filter((line) => line.length > 20 && !line.startsWith('-----'));
    const forbidden = [
      ...tokens,
      ...keyText,
      ...secrets.names,
      ...secrets.phones,
      secrets.handle,
      secrets.note,
    ];
    expect(forbidden.filter((text) => logs.includes(text))).toEqual([]);
    for (const code of await codesSent()) {
      expect(logs).not.toMatch(new RegExp(String.raw`(?<![\w.])${code}(?!\w)`));
    }
  });

  it('changes nothing when all of it is delivered once more, commands too', async () => {
    const head = async () => (await askAuditor(world.stack.eventStoreUrl, 'verify')).body;
    const belongings = () =>
      Promise.all(
        people.flatMap((person) => [person.balance(), person.history(), person.payments(), person.feed()]),
      );
    const kafka = clientSettings(world.stack.kafka);
    const names = Object.values(topics).map(({ name }) => name);
    await untilConsumed(kafka, names);
    const before = [await head(), await belongings()];
    await deliverAgain(kafka, reader.messages);
    await untilConsumed(kafka, names);
    expect([await head(), await belongings()]).toEqual(before);
    expect(before[0]).toMatchObject({ verified: true, trialBalance: 0 });
    expect(reader.messages.filter(({ topic }) => topic.endsWith('.dlq'))).toEqual([]);
  }, 90_000);

  /** Somebody's app begins a trace and pays with it. */
  async function payTraced(
    payer: Person,
    payee: Person | { channel: string; handle: string },
    value: number,
  ): Promise<void> {
    const traceId = randomBytes(16).toString('hex');
    const answer: Answer<Partial<PaymentDto> & { payment?: string }> = await payer.call(
      'POST',
      '/v1/payments',
      {
        headers: {
          traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
          'idempotency-key': randomUUID(),
          prefer: 'wait=30',
        },
        body: {
          ...('phone' in payee ? euros(payee, value) : { payee, amount: { value, currency: 'EUR' } }),
          channel: 'whatsapp',
          note: secrets.note,
        },
      },
    );
    const id = answer.body.id ?? answer.body.payment?.split('/').at(-1);
    if (id === undefined) throw new Error(`not taken: ${JSON.stringify(answer.body)}`);
    paid.push({ traceId, id, status: answer.body.status === 'completed' ? 'completed' : 'failed' });
  }

  /** Has everything happen to the books that only an operator asks for. */
  async function operate(anna: Person): Promise<void> {
    const ask = (...command: string[]) => askOperator(world.stack, ...command);
    const dario = await world.api.register({ name: 'Dario Neri', phone: '+393339910004' });
    const [wallet, empty] = [`wallet:${anna.id}`, `wallet:${dario.id}`];
    await eventually(() => dario.balance());
    const terms = ['--amount', '5', '--until'];
    const hold = await ask('hold', wallet, ...terms, inSeconds(60));
    const { entry } = (await anna.payments()).find(({ status }) => status === 'completed') as PaymentDto;
    const lastMonth = monthAt(monthSpan(monthAt(Date.now(), 'Europe/Rome'), 'Europe/Rome').from - 1, 'UTC');
    const asset = ['CAFFE', '--scale', '2', '--issuer', anna.id, '--reserve', wallet];
    const answers = [
      hold,
      await ask('extend-hold', hold.id, '--until', inSeconds(90)),
      await ask('release', hold.id),
      await ask('hold', wallet, ...terms, inSeconds(3)),
      await ask('freeze', wallet),
      await ask('unfreeze', wallet),
      await ask('close-account', empty),
      await ask('close-period', lastMonth),
      await ask('reverse', entry?.id ?? '', '--reason', 'paid-twice'),
      await ask('open-account', 'reserve:caffe', '--class', 'liability', '--chart', '2020'),
      await ask('define-asset', ...asset),
    ];
    expect(answers.map(({ exitCode }) => exitCode)).toEqual(answers.map(() => 0));
    await eventually(async () => {
      const { balance, available } = await anna.balance();
      expect(available).toEqual(balance);
    });
  }

  async function openShop(owner: Person): Promise<void> {
    const shop = await owner.call<{ shopId: string }>('POST', '/v1/shops', {
      body: { name: 'Bottega', market: 'it' },
    });
    const product = { sku: 'A-1', title: 'Olio', price: { value: 900, currency: 'EUR' } };
    const products = `/v1/shops/${shop.body.shopId}/products`;
    const added = await owner.call<{ productId: string }>('POST', products, { body: product });
    const changed = await owner.call('PATCH', `${products}/${added.body.productId}`, {
      body: { availability: 'out_of_stock' },
    });
    expect([shop.status, added.status, changed.status]).toEqual([201, 201, 200]);
  }

  async function codesSent(): Promise<string[]> {
    const outboxes = await Promise.all(
      secrets.phones.map((phone) =>
        world.api.expect<{ items: { code: string }[] }>(200, 'GET', `/v1/dev/outbox?to=%2B${phone}`),
      ),
    );
    const codes = outboxes.flatMap(({ items }) => items.map(({ code }) => code));
    expect(codes).toHaveLength(people.length);
    return codes;
  }
});

const definitions = new Map<string, EventDefinition>(
  Object.values(contracts).flatMap((value) =>
    typeof value === 'object' && 'topic' in value ? [[value.type, value as EventDefinition]] : [],
  ),
);

async function allBytes(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}
