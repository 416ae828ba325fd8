import { type EngineName, type ServiceName, serviceNames } from '@florin/local-stack';
import { type Answer, EventStreamReader, eventually, inParallel, type Person } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Accepted, expectExactlyOnce, type Intent, payUntilTaken } from './books.js';
import { noLimits, World } from './world.js';

interface Outage {
  readonly engine: EngineName;
  readonly how: 'stopEngine' | 'killEngine';
  /** The services that cannot do their work meanwhile, and by which check they say so. */
  readonly check: string;
  readonly needs: readonly ServiceName[];
  /** Whether payments are taken on trust meanwhile, to be settled later. */
  readonly takesPayments: boolean;
}

const outages: readonly Outage[] = [
  {
    engine: 'postgres',
    how: 'stopEngine',
    check: 'postgres',
    needs: ['identity', 'wallet', 'payments', 'catalog', 'notifications'],
    takesPayments: false,
  },
  { engine: 'eventStore', how: 'killEngine', check: 'event-store', needs: ['wallet'], takesPayments: true },
  {
    engine: 'kafka',
    how: 'killEngine',
    check: 'kafka',
    needs: ['wallet', 'payments', 'notifications'],
    takesPayments: true,
  },
];

/** `FLORIN_AWAY_MS=60000` is the long run, see docs/limits.md. */
const awayMs = Number(process.env['FLORIN_AWAY_MS'] ?? 20_000);
/** A consumer learns that its broker is gone by its heartbeats, and tries a few times. */
const noticedMs = 10_000;
const recoveredMs = 30_000;
const crowdSize = 8;
const funding = 1_000_000;
const payers = 6;
const paceMs = 150;
/** What a person looks at. */
const reads = ['/v1/me', '/v1/balance', '/v1/history', '/v1/payments', '/v1/notifications'];

interface Readiness {
  readonly status: number;
  readonly checks: Readonly<Record<string, string>>;
}

let world: World;
let people: Person[];
let load: Load;
/** Of one person, open all the time. */
let stream: EventStreamReader;
const accepted: Accepted[] = [];

beforeAll(async () => {
  world = await World.start(noLimits);
  people = await inParallel(crowdSize, crowdSize, async (index) => {
    const person = await world.api.register({ name: 'Prova Prova', phone: `+3933350${10_000 + index}` });
    await person.fund(funding);
    return person;
  });
  const [{ token }] = people as [Person];
  stream = await EventStreamReader.open(`${world.stack.gatewayUrl}/v1/notifications/stream`, {
    authorization: `Bearer ${token}`,
  });
}, 240_000);

// Also what one round took before it failed has to be complete in the next.
afterEach(async () => {
  accepted.push(...(await load.stop()));
}, 120_000);
afterAll(async () => {
  await stream?.close();
  await world?.close();
}, 60_000);

describe(`the services ride out ${awayMs / 1_000} s without an engine`, () => {
  it.each(outages)(
    '$engine',
    async ({ engine, how, check, needs, takesPayments }) => {
      load = new Load();
      await sleep(1_000);
      await world.stack[how](engine);
      load.answers.length = 0;
      const backAt = performance.now() + awayMs;

      try {
        await eventually(() => expectMissing(check, needs), noticedMs);
        while (performance.now() < backAt) {
          await Promise.all([
            expectMissing(check, needs),
            expectAlive(),
            expectDefiniteReads(),
            sleep(1_000),
          ]);
        }
        const taken = load.answers.filter((answer) => !(answer instanceof Error) && answer.status < 300);
        expect(taken.length > 0).toBe(takesPayments);
      } finally {
        await world.stack.startEngine(engine);
      }

      await eventually(expectAllReady, recoveredMs);
      await eventually(async () => {
        const payment = await payUntilTaken(intent(), 10, load.heard);
        accepted.push(payment);
        expect(payment.answer.status).toBe(201);
      }, recoveredMs);
      accepted.push(...(await load.stop()));
      load.answers.forEach(expectDefinite);
      expect(world.unexpectedEnds).toEqual([]);
      await expectExactlyOnce(world.stack, people, funding, accepted);
      await eventually(expectStreamed);
    },
    awayMs + 220_000,
  );
});

/** People who go on paying, whatever happens. */
class Load {
  readonly answers: (Answer | Error)[] = [];
  readonly heard = (answer: Answer | Error) => void this.answers.push(answer);
  private readonly taken: Accepted[] = [];
  private over = false;
  private readonly done = inParallel(payers, payers, async () => {
    for (; !this.over; await sleep(paceMs)) this.taken.push(await payUntilTaken(intent(), 1, this.heard));
  });

  /** Lets what is under way come to its end; resolves to all that was taken and not yet told. */
  async stop(): Promise<Accepted[]> {
    this.over = true;
    await this.done;
    return this.taken.splice(0);
  }
}

let made = 0;
function intent(): Intent {
  const index = made++;
  const payer = people[index % crowdSize] as Person;
  const payee = people[(index + 1 + (Math.floor(index / crowdSize) % (crowdSize - 1))) % crowdSize] as Person;
  return { payer, payee, value: 1 + (index % 97), key: randomUUID() };
}

async function readinessOf(service: ServiceName): Promise<Readiness> {
  const response = await fetch(`${world.stack.urls[service]}/health/ready`);
  const { checks } = (await response.json()) as Readiness;
  return { status: response.status, checks };
}

/** Who needs what is away says so, and names it; the others are ready. */
async function expectMissing(check: string, needs: readonly ServiceName[]): Promise<void> {
  const found = await Promise.all(
    serviceNames.map(async (service) => {
      const { status, checks } = await readinessOf(service);
      return [service, status, needs.includes(service) && checks[check] !== 'ok'];
    }),
  );
  expect(found).toEqual(
    serviceNames.map((service) => (needs.includes(service) ? [service, 503, true] : [service, 200, false])),
  );
}

async function expectAllReady(): Promise<void> {
  for (const service of serviceNames) {
    const { status, checks } = await readinessOf(service);
    expect({ service, status, checks }).toMatchObject({ service, status: 200 });
  }
}

async function expectAlive(): Promise<void> {
  const statuses = serviceNames.map(
    async (name) => (await fetch(`${world.stack.urls[name]}/health/live`)).status,
  );
  expect(await Promise.all(statuses)).toEqual(serviceNames.map(() => 200));
}

async function expectDefiniteReads(): Promise<void> {
  const [anna] = people as [Person];
  const answers = await Promise.all(reads.map((path) => anna.call('GET', path)));
  answers.forEach(expectDefinite);
}

/** The stream that was open all the time has told everything once. */
function expectStreamed(): void {
  const [anna] = people as [Person];
  const own = accepted.filter(({ payer, payee }) => payer.id === anna.id || payee.id === anna.id);
  const told = stream.events.map(({ data }) => (JSON.parse(data) as { paymentId: string }).paymentId);
  expect(told.sort()).toEqual(own.map(({ answer }) => answer.body.id).sort());
}

/** Done, taken, or a problem that says to come again. */
function expectDefinite(answer: Answer | Error): void {
  if (answer instanceof Error) throw answer;
  const { status, headers, body } = answer;
  if (status === 200 || status === 201 || status === 202) return;
  expect({ status, type: headers['content-type'], again: headers['retry-after'], body }).toMatchObject({
    ...{ status: 503, again: expect.stringMatching(/^\d+$/) as string },
    type: expect.stringContaining('application/problem+json') as string,
  });
}
