import { SEGMENT_EVENTS, SnapshotKeeper, SnapshotReader } from '@florin/books';
import { connectEventStore, type NewEvent } from '@florin/event-store';
import { decide, emptyLedger, evolve } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { anna, bruno, entry, json, over, run, sealed, signer, story } from './books.fixture.spec.js';

const key = ['--key', `${signer}`];

/** A book of a segment and a bit, whose last payments are of so much. */
function long(amount: bigint): NewEvent[] {
  let state = story().reduce(evolve, emptyLedger('it-eur', 'EUR'));
  const more = Array.from({ length: SEGMENT_EVENTS }, (_, i) => {
    const of = i === 5 ? amount : 1n;
    const { events } = decide(
      state,
      entry(10 + i, anna.account, bruno.account, of),
      Date.UTC(2026, 10, 2, 12),
    );
    state = events.reduce(evolve, state);
    return events;
  });
  return sealed([...story(), ...more.flat()]);
}

async function keep(url: string): Promise<void> {
  const store = connectEventStore(url);
  const keeper = new SnapshotKeeper({ ledger: 'it-eur', currency: 'EUR', store, signer });
  keeper.start();
  const reader = new SnapshotReader({ store, ledger: 'it-eur' });
  await eventually(async () => expect(await reader.segments()).toBe(1));
  await keeper.stop();
  await store.close();
}

describe('the snapshots of a book', () => {
  const streams = ['snapshots', 'snapshot-chunks', 'snapshot-ids'].map((name) => `${name}-it-eur`);
  const copied = new Map<string, NewEvent[]>();

  it('are held against the book, for programs and for people', async () => {
    await over(long(1n), async (audit, url) => {
      const none = await audit('snapshots', ...key, '--json');
      expect(json(none)).toMatchObject({ verified: true, snapshots: 0, finding: null });
      await keep(url);
      const right = await audit('snapshots', ...key, '--json');
      expect(right).toMatchObject({ code: 0, err: '' });
      const events = SEGMENT_EVENTS + 8;
      expect(json(right)).toEqual({ verified: true, ledger: 'it-eur', snapshots: 1, events, finding: null });
      expect((await audit('snapshots', ...key)).out).toMatch(/^it-eur: verified\n {2}snapshots {2}1\n/);
      const early = await audit('snapshots', ...key, '--json', '--at', '100');
      expect(json(early)).toMatchObject({ snapshots: 0, events: 101 });
      expect(await audit('snapshots', '--key', `${generateKey(signer.name)}`)).toMatchObject({
        code: 1,
        err: 'The snapshot of segment 1 of it-eur is wrong (snapshot_unusable): no known key has signed\n',
      });
      const store = connectEventStore(url);
      for (const stream of streams) {
        const all: NewEvent[] = [];
        for await (const page of store.read(stream)) {
          for (const { id, type, data, metadata } of page) {
            all.push({ id, type, data: data as object, ...(metadata ? { metadata } : {}) });
          }
        }
        copied.set(stream, all);
      }
      await store.close();
    });
  }, 90_000);

  it('are found to be those of another history, or of one that is longer', async () => {
    const forge = async (url: string): Promise<void> => {
      const store = connectEventStore(url);
      for (const [stream, events] of copied) {
        for (const event of events) await store.append(stream, [event], 'any');
      }
      await store.close();
    };
    await over(long(2n), async (audit, url) => {
      await forge(url);
      const found = await audit('snapshots', ...key, '--json');
      expect(found.code).toBe(1);
      expect(found.err).toContain('The snapshot of segment 1 of it-eur is wrong (snapshot_unusable): ');
      expect(json(found)).toMatchObject({ verified: false, finding: { segment: 1 } });
    });
    await over(long(1n).slice(0, 50), async (audit, url) => {
      await forge(url);
      expect((await audit('snapshots', ...key)).err).toContain('(snapshot_beyond_log)');
    });
  }, 90_000);

  it('are not looked for in a book that is wrong, or missing', async () => {
    await over(long(1n).slice(0, 50).toSpliced(20, 1), async (audit) => {
      expect(await audit('snapshots', ...key)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^The book of it-eur is wrong \(chain_broken\): revision 20: /),
      });
    });
    await over([], async (audit) => {
      expect((await audit('snapshots', ...key)).err).toContain('(ledger_missing)');
    });
    expect(await run(['snapshots'])).toMatchObject({ code: 2 });
  });
});
