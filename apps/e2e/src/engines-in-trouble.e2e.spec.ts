import { type EngineName, logFileOf, startStack, type Stack } from '@florin/local-stack';
import { ApiClient, eventually } from '@florin/testing';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { BothDoors } from './both-doors.js';
import { processesNaming } from './launcher.js';
import { kafkaKind, noLimits } from './world.js';

interface Trouble {
  readonly engine: EngineName;
  readonly what: string;
  begin(engine: EngineName): void | Promise<void>;
  end(engine: EngineName): void | Promise<void>;
  /** Whether transfers are still done meanwhile, and whether payments are still taken. */
  readonly transfers: boolean;
  readonly payments: boolean;
  /** That the engine is in trouble indeed. */
  shows?(): void | Promise<void>;
}

const awayMs = Number(process.env['FLORIN_AWAY_MS'] ?? 10_000);
/** The gateway waits for 35 s for whoever pays; then it says so. */
const tryMs = 60_000;
const recoveredMs = 90_000;
/** What slow-disk.ts adds to each sync, less what timers are early. */
const slowMs = 240;

const freeze = (engine: EngineName) => stack.signalEngine(engine, 'SIGSTOP');
const thaw = (engine: EngineName) => stack.signalEngine(engine, 'SIGCONT');

const troubles: readonly Trouble[] = [
  { engine: 'eventStore', what: 'stands still', begin: freeze, end: thaw, transfers: false, payments: true },
  { engine: 'kafka', what: 'stands still', begin: freeze, end: thaw, transfers: true, payments: true },
  { engine: 'postgres', what: 'stands still', begin: freeze, end: thaw, transfers: true, payments: false },
  {
    ...{ engine: 'eventStore', what: 'has a full disk', begin: fill, transfers: false, payments: true },
    shows: () => expect(logOf('eventStore')).toContain('The event store cannot write'),
    end: async (engine) => {
      empty(engine);
      // As its log says: what is on its disk is not certain any more, and a start looks.
      await stack.stopEngine(engine);
      await stack.startEngine(engine);
    },
  },
  {
    ...{ engine: 'kafka', what: 'has a full disk', begin: fill, transfers: true, payments: true },
    shows: () => expect(logOf('kafka')).toContain('could not be written: EFBIG'),
    end: empty,
  },
  {
    ...{ engine: 'eventStore', what: 'has a slow disk', transfers: true, payments: true },
    begin: (engine) => void process.kill(pidOf(engine), 'SIGUSR2'),
    shows: async () => {
      const begun = performance.now();
      await doors.moveOne();
      expect(performance.now() - begun).toBeGreaterThan(slowMs);
    },
    end: (engine) => void process.kill(pidOf(engine), 'SIGUSR2'),
  },
];

let dataDir: string;
let stack: Stack;
let api: ApiClient;
let doors: BothDoors;
const unexpectedEnds: string[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'florin-trouble-'));
  const slowDisk = pathToFileURL(join(import.meta.dirname, '..', 'dist', 'slow-disk.js')).href;
  stack = await startStack({
    ...{ dataDir, ports: 'free', kafka: kafkaKind },
    env: { gateway: noLimits, eventStore: { NODE_OPTIONS: `--import ${slowDisk}` } },
    onUnexpectedEnd: (name, how) => unexpectedEnds.push(`${name}: ${how}`),
  });
  api = new ApiClient(stack.gatewayUrl);
  doors = await BothDoors.open({ dataDir, stack, api }, tryMs);
}, 240_000);

afterAll(async () => {
  await api?.close();
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

// Of the embedded engines, whose processes and files are known, and by what Linux can do to them.
(kafkaKind === 'embedded' && process.platform === 'linux' ? describe : xdescribe)(
  'nothing is lost, and every answer is definite, while',
  () => {
    it.each(troubles)(
      '$engine $what',
      async ({ engine, begin, end, transfers, payments, shows }) => {
        const { tries } = doors.platform;
        const load = doors.load();
        try {
          await sleep(3_000);
          await begin(engine);
          try {
            // What is under way ends one way or the other; what begins later is of the trouble.
            await sleep(1_000);
            const [transfersBefore, takenBefore] = [doors.done.length, doors.payments.length];
            await sleep(awayMs);
            expect(doors.done.length > transfersBefore).toBe(transfers);
            expect(doors.payments.length > takenBefore).toBe(payments);
            await shows?.();
          } finally {
            await end(engine);
          }
          // The backlog drains by itself.
          const [transfersAfter, takenAfter] = [doors.done.length, doors.payments.length];
          await eventually(async () => {
            expect(doors.done.length).toBeGreaterThan(transfersAfter);
            expect(doors.payments.length).toBeGreaterThan(takenAfter);
            expect(await doors.newestIsComplete()).toBe(true);
          }, recoveredMs);
        } finally {
          await load.stop();
        }
        await doors.expectOnce();
        for (const { status, retryAfter } of [...tries.splice(0), ...doors.answers.splice(0)]) {
          if (status === 200 || status === 201 || status === 202) continue;
          // 504: the gateway has waited for a service that waits for an engine that stands still.
          expect(['503 true', '504 true']).toContain(`${status} ${retryAfter}`);
        }
        expect(unexpectedEnds).toEqual([]);
      },
      awayMs + 400_000,
    );
  },
);

function logOf(engine: EngineName): string {
  return readFileSync(logFileOf(dataDir, engine), 'utf8');
}

/** The process of an engine. */
function pidOf(engine: EngineName): number {
  const found = processesNaming(join(dataDir, 'engines')).find((line) =>
    line.includes(`"engine":"${engine}"`),
  );
  return parseInt(found ?? '', 10);
}

/** No file of an engine can grow beyond what the largest one has now: every write that would do so fails. */
function fill(engine: EngineName): void {
  const folder = join(dataDir, 'engines', engine === 'eventStore' ? 'event-store' : engine);
  const logs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .filter((file) => file.isFile())
    .map(({ size }) => size);
  limitFiles(engine, String(Math.max(...logs)));
}

function empty(engine: EngineName): void {
  limitFiles(engine, 'unlimited');
}

function limitFiles(engine: EngineName, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(pidOf(engine)), `--fsize=${bytes}:unlimited`]);
}
