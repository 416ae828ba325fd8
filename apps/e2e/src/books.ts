import type { Stack } from '@florin/local-stack';
import {
  askAuditor,
  eventually,
  inParallel,
  type Answer,
  type PaymentDto,
  type Person,
} from '@florin/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { euros } from './world.js';

/** A payment to be made, whatever happens on the way. */
export interface Intent {
  readonly payer: Person;
  readonly payee: Person;
  readonly value: number;
  readonly key: string;
}

export interface Accepted extends Intent {
  readonly answer: Answer<PaymentDto>;
}

const giveUpMs = 90_000;
const width = 8;

/**
 * Pays as a careful client does: sends the same request with the same key until somebody takes it. `heard` is told of each
 * answer, or why there was none.
 */
export async function payUntilTaken(
  intent: Intent,
  waitSeconds = 1,
  heard: (answer: Answer | Error) => void = () => undefined,
): Promise<Accepted> {
  const { payer, payee, value, key } = intent;
  for (const until = performance.now() + giveUpMs; ; await sleep(100)) {
    const answer = await payer.pay(euros(payee, value), key, waitSeconds).catch((error: Error) => error);
    heard(answer);
    if (!(answer instanceof Error) && answer.status < 300) return { ...intent, answer };
    if (!(answer instanceof Error) && answer.status < 500) throw new Error(JSON.stringify(answer.body));
    if (performance.now() > until) throw new Error(`not taken: ${JSON.stringify(answer)}`);
  }
}

/**
 * Holds everything that was accepted against what each person's API and the auditor say: complete, entered and told
 * exactly once, and the same balances by every way of looking. Everybody was funded once with `funding`.
 */
export async function expectExactlyOnce(
  { eventStoreUrl }: Stack,
  people: readonly Person[],
  funding: number,
  accepted: readonly Accepted[],
): Promise<void> {
  await inParallel(accepted.length, width, async (index) => {
    const { payer, answer } = accepted[index] as Accepted;
    const reader = people.find(({ id }) => id === payer.id) as Person;
    await eventually(
      async () => expect((await reader.payment(answer.body.id)).status).toBe('completed'),
      giveUpMs,
    );
  });
  const balances = await inParallel(people.length, width, (index) => {
    return expectRightFor(people[index] as Person, funding, accepted);
  });
  const { body } = await askAuditor(eventStoreUrl, 'verify');
  expect(body).toMatchObject({
    verified: true,
    trialBalance: 0,
    entries: accepted.length + people.length,
    finding: null,
  });
  const replay = await askAuditor<{ balances: Record<string, number> }>(eventStoreUrl, 'replay');
  expect(people.map(({ id }) => replay.body.balances[`wallet:${id}`])).toEqual(balances);
}

async function expectRightFor(
  person: Person,
  funding: number,
  accepted: readonly Accepted[],
): Promise<number> {
  const sent = accepted.filter(({ payer }) => payer.id === person.id);
  const received = accepted.filter(({ payee }) => payee.id === person.id);
  const movements = [
    ...sent.map(({ answer, value }) => `${answer.body.id} ${-value}`),
    ...received.map(({ answer, value }) => `${answer.body.id} ${value}`),
  ].sort();

  const history = await person.history();
  const entered = history.filter(({ kind }) => kind === 'p2p');
  expect(entered.map(({ reference, amount }) => `${reference} ${amount.value}`).sort()).toEqual(movements);

  const messages = [
    ...sent.map(({ answer }) => `${answer.body.id} payment_sent`),
    ...received.map(({ answer }) => `${answer.body.id} payment_received`),
  ].sort();
  await eventually(async () => {
    const told = (await person.feed()).filter(({ kind }) => kind !== 'payment_failed');
    expect(told.map(({ paymentId, kind }) => `${paymentId} ${kind}`).sort()).toEqual(messages);
  }, giveUpMs);

  const { balance } = await person.balance();
  const moved = entered.reduce((sum, { amount }) => sum + amount.value, 0);
  expect(balance.value).toBe(funding + moved);
  return balance.value;
}
