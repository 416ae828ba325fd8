import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';

const ROUNDS = 5;
const WRITERS = 12;
const MAX_EVENTS = 20;
const ACKNOWLEDGED_PER_ROUND = 150;
const MAX_DELAY_MS = 50;
/** A client whose server was killed may leave appends unsettled; nobody waits longer for them. */
const GIVE_UP_MS = 2_000;

/** Lets a child process run the sources: TypeScript files import each other by the name of what they are built to. */
const runSources = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier.startsWith('.') ? specifier.replace(/\\.js$/, '.ts') : specifier, context),
  });`;

interface Append {
  readonly writer: number;
  /** Rises with a writer's appends. */
  readonly number: number;
  readonly size: number;
}

/** What an event of an append says. */
interface Part {
  readonly append: Append;
  readonly index: number;
}

describe('kill -9 under load', () => {
  let dataDir: string;
  let child: ChildProcess;

  beforeAll(async () => (dataDir = await mkdtemp(join(tmpdir(), 'florin-event-store-'))));
  afterAll(async () => {
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true });
  });

  it(
    'loses nothing that was acknowledged, and leaves nothing half',
    async () => {
      const acknowledged = new Map<string, Append>();
      for (let round = 0; round < ROUNDS; round++) {
        const client = EventStoreDBClient.connectionString(await start());
        await verify(client, acknowledged);
        const writing = writeUntil(() => child.killed, client, round, acknowledged);
        await killAfter(acknowledged, ACKNOWLEDGED_PER_ROUND);
        await Promise.race([writing, sleep(GIVE_UP_MS)]);
        await client.dispose();
      }
      const client = EventStoreDBClient.connectionString(await start());
      await verify(client, acknowledged);
      await client.dispose();
      expect(acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * ACKNOWLEDGED_PER_ROUND);
    },
    ROUNDS * 10_000,
  );

  /** Kills the server at a random instant, once it has acknowledged so many appends. */
  async function killAfter(acknowledged: ReadonlyMap<string, Append>, count: number): Promise<void> {
    const goal = acknowledged.size + count;
    while (acknowledged.size < goal) await sleep(1);
    await sleep(Math.random() * MAX_DELAY_MS);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async function start(): Promise<string> {
    child = fork(fileURLToPath(new URL('serve.fixture.spec.ts', import.meta.url)), [dataDir], {
      execArgv: [
        '--no-warnings',
        '--experimental-transform-types',
        '--import',
        `data:text/javascript,${encodeURIComponent(runSources)}`,
      ],
    });
    const [url] = (await once(child, 'message')) as [string];
    return url;
  }
});

/** Many writers, each appending to its own stream. */
async function writeUntil(
  isOver: () => boolean,
  client: EventStoreDBClient,
  round: number,
  acknowledged: Map<string, Append>,
): Promise<void> {
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let count = 0; !isOver(); count++) {
      const size = 1 + Math.floor(Math.random() * MAX_EVENTS);
      const append = { writer, number: round * 1_000_000 + count, size };
      // One that fails may be there or not. The client lets a broken call fail also those of the next one.
      await client.appendToStream(`writer-${writer}`, partsOf(append)).then(
        () => acknowledged.set(keyOf(append), append),
        () => sleep(1),
      );
    }
  });
  await Promise.all(writers);
}

/** Compares what the server has with what it had acknowledged. */
async function verify(client: EventStoreDBClient, acknowledged: ReadonlyMap<string, Append>): Promise<void> {
  const found = new Set<string>();
  const last = Array.from({ length: WRITERS }, () => ({ number: -1, missing: 0 }));
  for await (const { event } of client.readAll()) {
    const { append, index } = event?.data as unknown as Part;
    const { number, missing } = last[append.writer] ?? { number: 0, missing: 0 };
    // Once, whole and in order: the parts of an append follow each other, and the numbers of appends rise.
    if (missing === 0) expect(append.number).toBeGreaterThan(number);
    else expect(append.number).toBe(number);
    expect(index).toBe(missing === 0 ? 0 : append.size - missing);
    last[append.writer] = { number: append.number, missing: append.size - index - 1 };
    found.add(keyOf(append));
  }
  expect(last.map(({ missing }) => missing)).toEqual(last.map(() => 0));
  expect([...acknowledged.keys()].filter((key) => !found.has(key))).toEqual([]);
}

function keyOf({ writer, number }: Append): string {
  return `${writer}/${number}`;
}

function partsOf(append: Append) {
  return Array.from({ length: append.size }, (_, index) =>
    jsonEvent({ type: 'Written', data: { append: { ...append }, index } }),
  );
}
