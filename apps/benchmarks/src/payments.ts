import { startStack } from '@florin/local-stack';
import { ApiClient, type Person } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from './measure.js';

interface Figures {
  readonly concurrency: number;
  readonly payers: 'many pairs' | 'one hot payer';
  readonly payments: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const crowdSize = 100;
const warmUpPayments = 500;
const measuredMs = 10_000;

/** Payments from person to person, from the request to `completed`, everything on this machine. */
export async function benchPayments(
  say: (line: string) => void,
): Promise<{ figures: Figures[]; hotToMany: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-bench-'));
  const limits = { RATE_LIMIT_PUBLIC_PER_MINUTE: '1000000', RATE_LIMIT_PER_PERSON_PER_MINUTE: '1000000' };
  const stack = await startStack({ dataDir, ports: 'free', env: { gateway: limits } });
  const api = new ApiClient(stack.gatewayUrl, { connections: 64 });
  try {
    const people = await gatherPeople(api);
    say(`${people.length} people are ready; warming up`);
    await runPayments(people, 64, 'many pairs', (taken) => taken < warmUpPayments);
    const figures: Figures[] = [];
    for (const concurrency of [1, 16, 64]) {
      for (const payers of ['many pairs', 'one hot payer'] as const) {
        const until = performance.now() + measuredMs;
        const figure = await runPayments(people, concurrency, payers, () => performance.now() < until);
        figures.push(figure);
        say(
          `${String(concurrency).padStart(3)} at once, ${payers.padEnd(13)}: ` +
            `${figure.perSecond} payments/s, p50 ${figure.p50Ms} ms, p99 ${figure.p99Ms} ms`,
        );
      }
    }
    const [many, hot] = figures.slice(-2);
    const hotToMany = Math.round(((hot?.perSecond ?? 0) / (many?.perSecond ?? 1)) * 100) / 100;
    say(`the hot payer reaches ${hotToMany} of many pairs at 64`);
    return { figures, hotToMany };
  } finally {
    await api.close();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** People who have money, for a benchmark with a stack of its own. */
export async function gatherPeople(api: ApiClient): Promise<Person[]> {
  const people: Person[] = [];
  for (let index = 0; index < crowdSize; index += 1) {
    const person = await api.register({ name: 'Prova Prova', phone: `+3933340${10_000 + index}` });
    await person.fund(100_000_000);
    people.push(person);
  }
  return people;
}

/** Payments, so many at once, as long as `goOn` says so. Fails with the first that is not completed. */
export async function runPayments(
  people: Person[],
  concurrency: number,
  payers: Figures['payers'],
  goOn: (taken: number) => boolean,
): Promise<Figures> {
  const latenciesMs: number[] = [];
  let taken = 0;
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (goOn(taken)) {
      const index = taken++;
      const payer = people[payers === 'one hot payer' ? 0 : index % people.length] as Person;
      const payee = people[1 + (index % (people.length - 1))] as Person;
      const other = payee === payer ? (people[0] as Person) : payee;
      const sentAt = performance.now();
      const answer = await payer.pay({
        payee: { channel: 'phone', handle: other.phone },
        amount: { value: 1, currency: 'EUR' },
      });
      if (answer.body.status !== 'completed') {
        throw new Error(`a payment was not completed: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    concurrency,
    payers,
    payments: latenciesMs.length,
    perSecond: Math.round(latenciesMs.length / seconds),
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
}
