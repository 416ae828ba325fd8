import {
  accountFrozen,
  accountOpened,
  allTopics,
  closePeriod,
  cloudEvent,
  entryRejected,
  freezeAccount,
  openAccountOnTerms,
  outcomeIdIn,
  topics,
  unfreezeAccount,
  type CloudEvent,
} from '@florin/contracts';
import { startKafkaBroker, type EmbeddedKafka } from '@florin/embedded';
import {
  createKafka,
  createPublisher,
  ensureTopics,
  readMessages,
  type EventPublisher,
} from '@florin/messaging';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { runOperator } from './operator.js';

let dataDir: string;
let broker: EmbeddedKafka;
let publisher: EventPublisher;
let wallet: Promise<void>;
const ending = new AbortController();
/** The commands that came, with their data. */
const asked: { type: string; data: Record<string, unknown> }[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-operator-'));
  broker = await startKafkaBroker({ dataDir });
  const settings = { brokers: broker.brokers, clientId: 'spec' };
  await ensureTopics({ ...settings, topics: allTopics() });
  publisher = createPublisher(createKafka(settings));
  wallet = readMessages(settings, 'wallet', {
    ...{ topics: [topics.ledgerCommands.name], from: 'beginning', signal: ending.signal },
    onMessage: ({ headers = {}, key, value }) => {
      const [type, id] = [headers['ce_type'], headers['ce_id']].map(String) as [string, string];
      const data = JSON.parse(String(value)) as Record<string, unknown>;
      asked.push({ type, data });
      void answer(type, id, String(key), data);
    },
  });
});

afterAll(async () => {
  ending.abort();
  await wallet;
  await publisher.disconnect();
  await broker.close();
  await rm(dataDir, { recursive: true });
});

const decided = new Set<string>();
/** The accounts that are open, and on which terms. */
const open = new Map<string, string>();

/** What a wallet would do: accounts are opened once, on their terms, freezes are taken once, what closes a month is refused, the rest is not understood. */
async function answer(type: string, id: string, key: string, data: Record<string, unknown>): Promise<void> {
  if (type === unfreezeAccount.type) return giveUp(id, key, 'entry_id_expired');
  const envelope = { id: uuidv7(), source: '/ledgers/it-eur', time: new Date().toISOString() };
  if (type === openAccountOnTerms.type) {
    const terms = openAccountOnTerms.data.parse(data);
    const { currency = 'EUR', account: name } = terms;
    if (open.has(name) && open.get(name) !== JSON.stringify(terms))
      return giveUp(id, key, 'account_conflict');
    if (open.has(name)) return;
    open.set(name, JSON.stringify(terms));
    const opened = { ...terms, currency, revision: 40 + asked.length };
    return publisher.publish([cloudEvent(accountOpened, { ...envelope, data: opened })]);
  }
  const outcomeId = outcomeIdIn(data) ?? '';
  if (decided.has(outcomeId)) return;
  decided.add(outcomeId);
  const { ledger = '', reference = '' } = data as { ledger?: string; reference?: string };
  const place = { ledger, revision: 40 + asked.length };
  const events: CloudEvent[] = [];
  if (type === freezeAccount.type) {
    const frozen = freezeAccount.data.parse(data);
    events.push(cloudEvent(accountFrozen, { ...envelope, data: { ...frozen, ...place } }));
  }
  if (type === closePeriod.type) {
    const refusal = { entryId: outcomeId, kind: 'period-close', code: 'period_closed', reference } as const;
    events.push(cloudEvent(entryRejected, { ...envelope, data: { ...place, ...refusal } }));
  }
  await publisher.publish(events);
}

function giveUp(id: string, key: string, code: string): Promise<void> {
  const headers = { ce_id: id, dlq_message: `the ledger cannot take the command: ${code}` };
  return publisher.send([{ topic: 'florin.ledger.commands.dlq', key, value: '{}', headers }]);
}

const run = (...args: string[]) => runWith({}, ...args);

async function runWith(env: Record<string, string>, ...args: string[]) {
  let out = '';
  let err = '';
  const code = await runOperator(args, {
    env: { KAFKA_BROKERS: broker.brokers.join(), ...env },
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    signal: ending.signal,
  });
  return { code, out, err };
}

const book = ['--ledger', 'it-eur', '--reference', 'case-1'];
const account = 'wallet:01a1fdfa-4600-7000-8000-00000000a44a';

describe('an order', () => {
  it('is done when the ledger has recorded it, however often it is given', async () => {
    const id = uuidv7();
    const order = ['freeze', account, '--way', 'out', ...book, '--json'];
    const first = await run(...order, '--id', id);
    expect([first.code, first.err]).toEqual([0, `freeze: asking under id ${id}\n`]);
    const answered = JSON.parse(first.out) as { revision: number };
    expect(answered).toEqual({
      ...{ command: 'freeze', ledger: 'it-eur', id, outcome: 'done', code: null },
      revision: expect.any(Number),
    });
    expect(asked.at(-1)).toEqual({
      type: freezeAccount.type,
      data: { ledger: 'it-eur', commandId: id, account, frozen: 'out', reference: 'case-1' },
    });
    const again = await run(...order, '--id', id);
    expect([again.code, JSON.parse(again.out)]).toEqual([0, answered]);
  });

  it('has an id of its own where none is given', async () => {
    const { code, out, err } = await run('freeze', account, ...book);
    expect([code, out]).toEqual([0, expect.stringMatching(/^freeze: done at revision \d+ of it-eur\n$/)]);
    expect(err).toContain(String(asked.at(-1)?.data['commandId']));
  });

  it('is given with the prefixes of the services', async () => {
    const staging = { brokers: broker.brokers, clientId: 'spec', topicPrefix: 'staging.' };
    await ensureTopics({ ...staging, topics: allTopics() });
    const staged = createPublisher(createKafka(staging));
    const { id, source, data } = accountFrozen.example;
    const time = new Date().toISOString();
    const commandId = uuidv7();
    await staged.publish([
      cloudEvent(accountFrozen, { id, source, time, data: { ...data, commandId, revision: 7 } }),
    ]);
    await staged.disconnect();
    const env = { KAFKA_TOPIC_PREFIX: 'staging.', KAFKA_GROUP_ID_PREFIX: 'staging.' };
    const { code, out } = await runWith(env, 'freeze', account, ...book, '--id', commandId, '--wait', '5');
    expect([code, out]).toEqual([0, 'freeze: done at revision 7 of it-eur\n']);
  });

  it('may be refused, which is recorded', async () => {
    const { code, out } = await run('close-period', '2026-10', ...book);
    expect([code, out]).toEqual([1, expect.stringContaining('refused (period_closed) at revision')]);
  });

  it('may be one that can have no outcome', async () => {
    const { code, out } = await run('unfreeze', account, ...book);
    expect([code, out]).toEqual([1, expect.stringContaining('not taken, nothing is recorded: the ledger')]);
  });

  it('may have no outcome in time', async () => {
    const { code, out } = await run('release', uuidv7(), ...book, '--wait', '1');
    expect([code, out]).toEqual([3, expect.stringContaining('ask again with --id')]);
  });
});

describe('an account', () => {
  const terms = ['--class', 'liability', '--chart', '2020', '--ledger', 'it-eur', '--json'];

  it('is opened once, however often it is asked for, and on no other terms', async () => {
    const first = await run('open-account', 'reserve:caffe', ...terms);
    expect([first.code, first.err]).toEqual([0, 'open-account: asking under id reserve:caffe\n']);
    expect(JSON.parse(first.out)).toMatchObject({ id: 'reserve:caffe', outcome: 'done' });
    expect(asked.at(-1)).toEqual({
      type: openAccountOnTerms.type,
      data: {
        ...{ ledger: 'it-eur', account: 'reserve:caffe', owner: null },
        ...{ class: 'liability', chart: '2020', floor: 0 },
      },
    });
    expect(await run('open-account', 'reserve:caffe', ...terms)).toMatchObject({ code: 0, out: first.out });
    const other = await run('open-account', 'reserve:caffe', ...terms, '--floor', 'none');
    expect(other.code).toBe(1);
    expect(JSON.parse(other.out)).toMatchObject({
      ...{ outcome: 'not taken', code: expect.stringContaining('account_conflict') },
    });
  });

  it('may be in an asset and have an owner, or go below zero, not both', async () => {
    const owner = '01a1fdfa-4600-7000-8000-00000000a44a';
    const purse = ['--currency', 'CAFFE', '--owner', owner];
    expect((await run('open-account', 'caffe:anna', ...terms, ...purse)).code).toBe(0);
    expect(asked.at(-1)?.data).toMatchObject({ owner, currency: 'CAFFE', floor: 0 });
    expect((await run('open-account', 'credit:anna', ...terms, '--floor=-500')).code).toBe(0);
    expect(asked.at(-1)?.data).toMatchObject({ floor: -500 });
    expect((await run('open-account', 'caffe:anna', ...terms, ...purse, '--floor=-500')).code).toBe(2);
  });

  it('has no outcome where it was opened so long ago that Kafka tells of it no more', async () => {
    const { example, data } = openAccountOnTerms;
    const other = {
      account: 'reserve:other',
      owner: null,
      class: 'liability',
      chart: '2020',
      currency: undefined,
    };
    open.set('reserve:other', JSON.stringify(data.parse({ ...example.data, ...other })));
    const { code, out } = await run('open-account', 'reserve:other', ...terms.slice(0, -1), '--wait', '1');
    expect([code, out]).toEqual([3, expect.stringMatching(/It may still be: ask again\n$/)]);
  });
});

describe('units of an asset', () => {
  const owner = 'caffe:01a1fdfa-4600-7000-8000-00000000a44a';

  it.each([
    [`fund-reserve reserve:caffe --from ${account} --amount 500`, 'reserve', 'EUR', account, 'reserve:caffe'],
    [`draw-reserve reserve:caffe --to ${account} --amount 500`, 'reserve', 'EUR', 'reserve:caffe', account],
    [`issue CAFFE --to ${owner} --amount 500`, 'issue', 'CAFFE', 'supply:caffe', owner],
    [`redeem CAFFE --from ${owner} --amount 500`, 'redeem', 'CAFFE', owner, 'supply:caffe'],
  ])('%s is an entry', async (line, kind, currency, debited, credited) => {
    const id = uuidv7();
    expect((await run(...line.split(' '), ...book, '--id', id, '--wait', '1')).code).toBe(3);
    const postings = [
      { account: debited, amount: 500 },
      { account: credited, amount: -500 },
    ];
    const labels = { ledger: 'it-eur', entryId: id, kind, currency, reference: 'case-1' };
    expect(asked.at(-1)?.data).toEqual({ ...labels, postings });
  });
});

describe('the command line', () => {
  it.each([
    ['hold', `${account} --amount 3000 --until 2026-11-27T12:00:00+01:00`],
    ['extend-hold', `${uuidv7()} --until 2026-11-30T00:00Z`],
    ['reverse', `${uuidv7()} --reason paid-twice --effective 2026-11-20T10:00:00Z`],
    ['define-asset', 'CAFFE --scale 2 --issuer 01a1fdfa-4600-7000-8000-00000000b4b0 --reserve reserve:caffe'],
    ['close-account', account],
  ])('knows %s', async (name, rest) => {
    const count = asked.length;
    expect((await run(name, ...rest.split(' '), ...book, '--wait', '1')).code).toBe(3);
    expect(asked.slice(count)).toMatchObject([{ data: { ledger: 'it-eur', reference: 'case-1' } }]);
  });

  it.each([
    ['thaw x', 'there are open-account, freeze, unfreeze,'],
    ['freeze', 'of what?'],
    [`freeze ${account} ${account}`, 'one too many'],
    [`freeze ${account}`, '--ledger'],
    [`freeze ${account} --ledger xx-eur`, 'Which book?'],
    [`freeze ${account} --ledger it-eur`, '--reference'],
    [`freeze anna ${book.join(' ')}`, 'the account: '],
    [`freeze ${account} --way up ${book.join(' ')}`, '--way: '],
    [`unfreeze ${account} --way in ${book.join(' ')}`, 'unfreeze takes no --way'],
    [`freeze ${account} --id 1 ${book.join(' ')}`, '--id is a UUID'],
    [`freeze ${account} --wait 0 ${book.join(' ')}`, '--wait is'],
    [`close-period october ${book.join(' ')}`, 'the month: '],
    [`reverse ${uuidv7()} ${book.join(' ')}`, '--reason: '],
    [`hold ${account} --amount 12.5 --until 2026-12-01T18:00Z ${book.join(' ')}`, '--amount: '],
    [`hold ${account} --amount 12 --until tomorrow ${book.join(' ')}`, '--until takes a time'],
    [`hold ${account} --amount 12 --until 12/01/2026 ${book.join(' ')}`, '--until takes a time'],
    [`hold ${account} --amount 12 --until 2026-12-01T18:00 ${book.join(' ')}`, '--until takes a time'],
    [`hold ${account} --amount 12 --until 2026-11-31T00:00:00Z ${book.join(' ')}`, '--until takes a time'],
    [`open-account reserve:x --class liability --ledger it-eur`, '--chart: '],
    [`open-account supply:x --class asset --chart 1800 --ledger it-eur`, 'the account: is opened with its'],
    [`open-account reserve:x --class liability --chart 2020 --floor 1.5 --ledger it-eur`, '--floor: '],
    [`open-account reserve:x --class liability --chart 2020 ${book.join(' ')}`, 'no --id and no --reference'],
    [`issue caffe --to ${account} --amount 5 ${book.join(' ')}`, 'not the code of an asset'],
    [`issue CAFFE --to ${account} --amount -5 ${book.join(' ')}`, '--amount'],
    [`issue CAFFE --to ${account} ${book.join(' ')}`, '--amount: '],
    [`issue CAFFE --amount 5 ${book.join(' ')}`, 'give --from or --to'],
    [`redeem CAFFE --to ${account} --amount 5 ${book.join(' ')}`, 'redeem takes no --to'],
    [`freeze ${account} --ledger it-eur --reference Anna\tRossi`, '--reference: '],
  ])('answers "%s" with what is right', async (line, sentence) => {
    const count = asked.length;
    const { code, out, err } = await run(...line.split(' '));
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(sentence)]);
    expect(asked).toHaveLength(count);
  });

  it('says what it can do, and what it reads', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('close-period') });
    expect(await run()).toMatchObject({ code: 2 });
    expect((await run('config')).out).toContain('KAFKA_BROKERS');
  });

  it('says so when Kafka does not answer', async () => {
    const { code, err } = await run('freeze', account, ...book, '--brokers', '127.0.0.1:1');
    expect([code, err]).toEqual([3, expect.stringContaining('Kafka does not answer')]);
  });
});
