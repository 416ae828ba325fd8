import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent, START, type Position } from '@eventstore/db-client';

const ROUNDS = 20;
const WRITERS = 12;
const MAX_EVENTS = 10;
const ACKNOWLEDGED_PER_ROUND = 50;
const MAX_DELAY_MS = 50;

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
  let dir: string;
  let child: ChildProcess;
  /** The next one, which needs only to be told: to start a process takes longer than all else. */
  let standby: ChildProcess;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
    standby = spawn();
  });
  afterAll(async () => {
    for (const process of [child, standby]) process.kill('SIGKILL');
    await rm(dir, { recursive: true });
  });

  it(
    'loses nothing that was acknowledged, and leaves nothing half',
    async () => {
      const acknowledged = new Map<string, Append>();
      const growing = new Reading();
      for (let round = 0; round < ROUNDS; round++) {
        const client = EventStoreDBClient.connectionString(await start());
        await growing.goOn(client, acknowledged);
        startWriting(() => child.killed, client, round, acknowledged);
        await killAfter(acknowledged, ACKNOWLEDGED_PER_ROUND);
        await client.dispose();
      }
      const client = EventStoreDBClient.connectionString(await start());
      await new Reading().goOn(client, acknowledged);
      await client.dispose();
      expect(acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * ACKNOWLEDGED_PER_ROUND);
    },
    ROUNDS * 5_000,
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
    child = standby;
    child.send('start');
    const [url] = (await once(child, 'message')) as [string];
    standby = spawn();
    return url;
  }

  function spawn(): ChildProcess {
    const path = fileURLToPath(new URL('serve.fixture.spec.ts', import.meta.url));
    return fork(path, [join(dir, 'data')], {
      env: { ...process.env, NODE_COMPILE_CACHE: join(dir, 'compiled') },
      execArgv: [
        '--no-warnings',
        '--experimental-transform-types',
        '--import',
        `data:text/javascript,${encodeURIComponent(runSources)}`,
      ],
    });
  }
});

/**
 * Many writers, each appending to its own stream. Nobody waits for their end: a client whose server was killed may leave appends
 * unsettled.
 */
function startWriting(
  isOver: () => boolean,
  client: EventStoreDBClient,
  round: number,
  acknowledged: Map<string, Append>,
): void {
  const write = async (writer: number) => {
    for (let count = 0; !isOver(); count++) {
      const size = 1 + Math.floor(Math.random() * MAX_EVENTS);
      const append = { writer, number: round * 1_000_000 + count, size };
      // One that fails may be there or not. The client lets a broken call fail also those of the next one.
      await client.appendToStream(`writer-${writer}`, partsOf(append)).then(
        () => acknowledged.set(keyOf(append), append),
        () => sleep(1),
      );
    }
  };
  for (let writer = 0; writer < WRITERS; writer++) void write(writer);
}

/** What was read of the server's events so far, against what it had acknowledged. */
class Reading {
  private readonly found = new Set<string>();
  private readonly last = Array.from({ length: WRITERS }, () => ({ number: -1, missing: 0 }));
  private position: Position | typeof START = START;

  /** Reads what has come since: everything that was acknowledged must be there, once, whole and in order. */
  async goOn(client: EventStoreDBClient, acknowledged: ReadonlyMap<string, Append>): Promise<void> {
    let isKnown = this.position !== START;
    for await (const { event } of client.readAll({ fromPosition: this.position })) {
      if (event === undefined) continue;
      // Reading begins with the event that was read last.
      if (!isKnown) this.add(event.data as unknown as Part);
      isKnown = false;
      this.position = event.position;
    }
    expect(this.last.map(({ missing }) => missing)).toEqual(this.last.map(() => 0));
    expect([...acknowledged.keys()].filter((key) => !this.found.has(key))).toEqual([]);
  }

  /** The parts of an append follow each other, and the numbers of a writer's appends rise. */
  private add({ append, index }: Part): void {
    const { number, missing } = this.last[append.writer] ?? { number: 0, missing: 0 };
    const isNext =
      missing === 0
        ? append.number > number && index === 0
        : append.number === number && index === append.size - missing;
    if (!isNext) throw new Error(`Part ${index} of ${keyOf(append)} is out of its place.`);
    this.last[append.writer] = { number: append.number, missing: append.size - index - 1 };
    this.found.add(keyOf(append));
  }
}

function keyOf({ writer, number }: Append): string {
  return `${writer}/${number}`;
}

function partsOf(append: Append) {
  return Array.from({ length: append.size }, (_, index) =>
    jsonEvent({ type: 'Written', data: { append: { ...append }, index } }),
  );
}
