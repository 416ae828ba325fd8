import { BookTree, checkpointStream, tileStream } from '@florin/books';
import { connectEventStore, type NewEvent } from '@florin/event-store';
import type { StoredRecord } from '@florin/ledger';
import {
  formatCheckpoint,
  formatLedgerHead,
  formatNote,
  generateKey,
  signNote,
  type Hash,
  type LedgerHead,
} from '@florin/proofs';
import { history, over } from './books.fixture.spec.js';

const ledger = 'it-eur';
const signer = generateKey('florin.example/ledger/it-eur');
const day = Date.UTC(2026, 10, 2, 13);

interface Claim extends LedgerHead {
  readonly size: number;
  readonly root: Hash;
}

/** What is true of the first `size` events. */
function truth(size: number): Claim {
  const tree = new BookTree(ledger);
  history.slice(0, size).forEach((event, revision) => {
    tree.accept({ metadata: undefined, ...event, revision: BigInt(revision) } satisfies StoredRecord);
  });
  const liabilities = { root: Buffer.alloc(32, 1), ...tree.owed };
  const head = { chain: tree.head.hash, timeMs: day + size, totals: tree.totals(), liabilities };
  return { size, root: tree.root(), ...head };
}

/** A checkpoint that says this, signed by the right key. */
function signed({ size, root, ...head }: Claim): NewEvent {
  const extensions = formatLedgerHead(head);
  const text = formatCheckpoint({ origin: signer.name, size: BigInt(size), root, extensions });
  const note = formatNote({ text, signatures: [signNote(text, signer)] });
  return {
    ...{ id: crypto.randomUUID(), type: 'CheckpointSigned' },
    ...{ data: { note, size }, metadata: { keys: [] } },
  };
}

describe('an audit of heads that the right key has signed', () => {
  const [at4, at8] = [truth(4), truth(8)];
  const more = at8.totals.map((total) => ({ ...total, debits: total.debits + 1n }));

  const audited = async (stream: string, events: readonly NewEvent[], expected: object): Promise<void> => {
    await over(history, async (audit, url) => {
      const store = connectEventStore(url);
      await store.append(stream, events, 'no_stream');
      await store.close();
      expect(await audit('checkpoints', '--key', `${signer}`)).toMatchObject(expected);
    });
  };

  it('passes those that are true', async () => {
    await audited(checkpointStream(ledger), [signed(at4), signed(at8)], { code: 0, err: '' });
  });

  it.each([
    ['another root', 'root_differs', [at4, { ...at8, root: at4.root }]],
    ['another chain', 'chain_differs', [at4, { ...at8, chain: at4.chain }]],
    ['other totals', 'totals_differ', [at4, { ...at8, totals: more }]],
    ['another sum owed', 'liabilities_differ', [at4, { ...at8, liabilities: at4.liabilities }]],
    ['no totals', 'totals_differ', [at4, { ...at8, totals: [] }]],
    ['a time before the last one', 'time_backwards', [at4, { ...at8, timeMs: at4.timeMs - 1 }]],
    ['a smaller size', 'checkpoint_invalid', [at8, at4]],
    ['the same size', 'checkpoint_invalid', [at8, at8]],
  ])('finds %s', async (_, code, claims) => {
    const expected = { code: 1, err: expect.stringContaining(`Checkpoint 1 of it-eur is wrong (${code}): `) };
    await audited(checkpointStream(ledger), claims.map(signed), expected);
  });

  it('looks at every one up to a point in time, whatever is stored beside it', async () => {
    const [low, high] = [signed(at4), signed({ ...at8, root: at4.root })];
    const stranger = signNote('florin.example/other\n', generateKey('florin.example/other'));
    const foreign = formatNote({ text: 'florin.example/other\n', signatures: [stranger] });
    for (const note of [(high.data as { note: string }).note, foreign]) {
      await over(history, async (audit, url) => {
        const store = connectEventStore(url);
        await store.append(
          checkpointStream(ledger),
          [low, { ...high, data: { note, size: 1000 } }],
          'no_stream',
        );
        await store.close();
        const { code, err } = await audit('checkpoints', '--key', `${signer}`, '--at', '7');
        expect({ code, err }).toMatchObject({
          code: 1,
          err: expect.stringContaining('(checkpoint_invalid)'),
        });
      });
    }
  });

  it('finds a time before the events that are covered', async () => {
    const early = signed({ ...at8, timeMs: Date.UTC(2026, 10, 1) });
    const err = expect.stringContaining('(time_backwards): its time is 2026-11-01T00:00:00.000Z, before');
    await audited(checkpointStream(ledger), [early], { code: 1, err });
  });

  it('does not look for tiles that are not full', async () => {
    const tile = { id: crypto.randomUUID(), type: 'TileFilled', data: {}, metadata: {} };
    await audited(tileStream(ledger, 0), [tile], {
      code: 1,
      err: expect.stringContaining('checkpoints_missing'),
    });
  });
});
