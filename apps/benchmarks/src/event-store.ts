import { EventStoreDBClient, jsonEvent, START, type EventData } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { withEngine } from './engine-process.js';
import { percentile, timed } from './measure.js';

interface EventStoreFigures {
  readonly appendedInHundreds: { readonly atOnce: number; readonly perSecond: number };
  readonly appendedSingly: {
    readonly atOnce: number;
    readonly perSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
  };
  readonly read: { readonly events: number; readonly perSecond: number };
}

const hundreds = 2_000;
const singles = 40_000;
const warmUp = 200;

/** The official client in this process, the event store in one of its own; events of about 290 bytes as JSON. */
export function benchEventStore(say: (line: string) => void): Promise<EventStoreFigures> {
  return withEngine('event-store', process.env['FLORIN_TEST_ESDB'], async (url) => {
    const client = EventStoreDBClient.connectionString(url);
    try {
      await timed(warmUp, 8, () => client.appendToStream(`warm-${randomUUID()}`, events(100)));
      const stream = `bench-${randomUUID()}`;
      const appendedInHundreds = await appendHundreds(client, stream);
      say(`appended in hundreds, 8 at once: ${appendedInHundreds.perSecond} events/s`);
      const appendedSingly = await appendSingles(client);
      say(
        `appended one by one, 256 at once: ${appendedSingly.perSecond} events/s, ` +
          `p50 ${appendedSingly.p50Ms} ms, p99 ${appendedSingly.p99Ms} ms`,
      );
      const read = await readAll(client, stream);
      say(`read: ${read.perSecond} events/s of ${read.events}`);
      return { appendedInHundreds, appendedSingly, read };
    } finally {
      await client.dispose();
    }
  });
}

async function appendHundreds(client: EventStoreDBClient, stream: string) {
  const atOnce = 8;
  const seconds = await timed(hundreds, atOnce, () => client.appendToStream(stream, events(100)));
  return { atOnce, perSecond: Math.round((hundreds * 100) / seconds) };
}

async function appendSingles(client: EventStoreDBClient) {
  const atOnce = 256;
  const latenciesMs: number[] = [];
  const seconds = await timed(singles, atOnce, async (index) => {
    const sentAt = performance.now();
    await client.appendToStream(`single-${index % 1_000}`, events(1));
    latenciesMs.push(performance.now() - sentAt);
  });
  return {
    atOnce,
    perSecond: Math.round(singles / seconds),
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
}

async function readAll(client: EventStoreDBClient, stream: string) {
  const startedAt = performance.now();
  let count = 0;
  for await (const _event of client.readStream(stream, { fromRevision: START })) count += 1;
  if (count !== hundreds * 100) throw new Error(`${count} events came back of ${hundreds * 100}`);
  return { events: count, perSecond: Math.round(count / ((performance.now() - startedAt) / 1000)) };
}

const filler = 'x'.repeat(200);

function events(count: number): EventData[] {
  return Array.from({ length: count }, (_, index) => {
    // The client would make an id of its own, at a higher price.
    const id = randomUUID();
    return jsonEvent({ id, type: 'Measured', data: { index, id, filler } });
  });
}
