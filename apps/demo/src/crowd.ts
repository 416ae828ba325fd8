import { inParallel, type Answer, type PaymentDto, type Person } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedPayment, Scene, Story } from './scene.js';
import { formatMoney } from './transcript.js';

const crowdSize = 50;
const paymentCount = 1000;
const concurrency = 32;
const fundingValue = 10_000;
const firstNames = ['Ada', 'Bea', 'Ciro', 'Dino', 'Elsa', 'Fabio', 'Gaia', 'Ivo', 'Lea', 'Mara'];
const surnames = ['Conti', 'Ferri', 'Gallo', 'Longo', 'Serra'];

/** A thousand small payments among fifty people, with the wallet service killed in the middle. */
export async function playCrowd(scene: Scene): Promise<Story> {
  const { transcript } = scene;
  transcript.chapter(`${paymentCount} payments among ${crowdSize} people, and a wallet service that dies`);
  const people = await inParallel(crowdSize, 8, async (index) => {
    const person = await scene.api.register({
      name: `${firstNames[index % 10]} ${surnames[index % 5]}`,
      phone: `+3933320${10_000 + index}`,
    });
    await person.fund(fundingValue);
    return person;
  });
  transcript.say(`${crowdSize} people register; each has ${formatMoney(fundingValue)} of test money.`);

  let started = 0;
  let restarted: Promise<void> | undefined;
  const payments = await inParallel(paymentCount, concurrency, (index) => {
    started += 1;
    if (started === paymentCount / 2) {
      restarted = killWallet(scene);
      // Its failure is told where it is awaited, after the payments.
      restarted.catch(() => undefined);
    }
    return payOnce(people, index);
  });
  await restarted;
  transcript.say(
    'The wallet service was killed (kill -9) half-way and started again; no request had to give up.',
  );

  const completed = await inParallel(payments.length, concurrency, (index) => settled(payments[index]));
  const count = completed.filter((status) => status === 'completed').length;
  transcript.check(
    `${count} of ${payments.length} accepted payments are complete`,
    count === payments.length,
  );
  return { people, payments, fundings: crowdSize };
}

async function killWallet({ stack }: Scene): Promise<void> {
  await stack.kill('wallet', 'SIGKILL');
  await stack.start('wallet');
}

/** One payment; sent again with its key until it is taken, as a careful client does. */
async function payOnce(people: Person[], index: number): Promise<AcceptedPayment> {
  const payer = people[index % people.length] as Person;
  const payee = people[(index * 7 + 1 + Math.floor(index / people.length)) % people.length] as Person;
  const other = payee === payer ? (people[(index + 1) % people.length] as Person) : payee;
  const value = 1 + (index % 97);
  const key = randomUUID();
  const request = { payee: { channel: 'phone', handle: other.phone }, amount: { value, currency: 'EUR' } };
  for (let attempt = 1; ; attempt += 1) {
    const answer = await payer.pay(request, key, 5).catch((error: Error) => error);
    if (isTaken(answer)) return { id: answer.body.id, payer, payee: other, value };
    if (attempt === 20) throw new Error(`payment ${index} was not taken: ${JSON.stringify(answer)}`);
    await sleep(200);
  }
}

function isTaken(answer: Answer<PaymentDto> | Error): answer is Answer<PaymentDto> {
  return !(answer instanceof Error) && (answer.status === 201 || answer.status === 202);
}

async function settled(payment: AcceptedPayment | undefined): Promise<string> {
  if (payment === undefined) throw new Error('a payment is missing');
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { status } = await payment.payer.payment(payment.id);
    if (status !== 'created' || performance.now() > deadline) return status;
    await sleep(100);
  }
}
