import { SEGMENT_EVENTS, SnapshotKeeper, SnapshotReader } from '@florin/books';
import { connectEventStore } from '@florin/event-store';
import { decide, emptyLedger, evolve, type LedgerCommand, type LedgerEvent } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { setTimeout as sleep } from 'node:timers/promises';
import { anna, bruno, entry, history, json, over, sealed, source, story } from './books.fixture.spec.js';

const key = generateKey('florin.example/ledger/it-eur');

/** Keeps snapshots of a book until there are so many. */
async function keepSnapshots(url: string, segments: number): Promise<void> {
  const store = connectEventStore(url);
  const keeper = new SnapshotKeeper({ ledger: 'it-eur', currency: 'EUR', store, signer: key });
  keeper.start();
  const reader = new SnapshotReader({ store, ledger: 'it-eur' });
  while ((await reader.segments()) < segments) await sleep(50);
  await keeper.stop();
  await store.close();
}

describe('--at', () => {
  it('looks at the book as it was after a revision, reading all that led there', async () => {
    await over(history, async (audit) => {
      const then = await audit('balance', 'wallet:anna', '--at', '5', '--json');
      expect(json(then)).toMatchObject({ balance: 18_750, headRevision: 5, finding: null });
      const verified = await audit('verify', '--at', '4', '--json');
      expect(json(verified)).toMatchObject({ verified: true, events: 5, entries: 1 });
      const sums = await audit('trial-balance', '--at', '4', '--json');
      expect(json(sums)).toMatchObject({ debits: '20000', credits: '20000', trialBalance: 0 });
    });
  });

  it('takes an instant, and says where there was nothing yet', async () => {
    await over(history, async (audit) => {
      const now = await audit('balance', 'wallet:anna', '--at', '2026-11-03T00:00:00Z', '--json');
      expect(json(now)).toMatchObject({ balance: 18_250, headRevision: 7 });
      const before = await audit('balance', 'wallet:anna', '--at', '2026-11-01T00:00:00Z');
      expect(before).toMatchObject({ code: 2, err: 'it-eur had no event yet at that time\n' });
      const early = await audit('balance', 'wallet:bruno', '--at', '1');
      expect(early.err).toMatch(/^wallet:bruno is not an account or asset of it-eur at revision 1;/);
    });
  });
});

describe('--key', () => {
  const long = [...story(), ...transfers(SEGMENT_EVENTS)];

  it('believes a signed snapshot, and gives the same answers as a reading of all', async () => {
    await over(sealed(long), async (audit, url) => {
      await keepSnapshots(url, 1);
      for (const question of [
        ['balance', 'wallet:anna'],
        ['entries', 'wallet:bruno', '--at', '4100'],
        ['trial-balance', '--ledger', 'it-eur', '--at', '4100'],
        ['balance', 'wallet:bruno', '--at', '17'],
      ]) {
        const all = await audit(...question, '--json');
        const quick = await audit(...question, '--json', '--key', key.verifier.toString());
        expect(quick).toMatchObject({ code: 0, err: '' });
        const { headHash, ...expected } = json(all) as { headHash: string };
        expect(headHash).toHaveLength(64);
        expect(json(quick)).toEqual(expected);
      }
    });
  }, 60_000);

  it('reads all, and says so, where nobody it knows has signed the snapshot', async () => {
    await over(sealed(long), async (audit, url) => {
      await keepSnapshots(url, 1);
      const other = generateKey('florin.example/ledger/it-eur').verifier.toString();
      const answer = await audit('balance', 'wallet:anna', '--json', '--key', other);
      expect(answer.err).toBe('No snapshot was used, so all of it-eur was read: no known key has signed\n');
      expect(json(answer)).toEqual(
        json(await audit('balance', 'wallet:anna', '--json', '--key', key.verifier.toString())),
      );
    });
  }, 60_000);

  it('finds that a book is missing', async () => {
    await over([], async (audit) => {
      const answer = await audit(
        'trial-balance',
        '--ledger',
        'it-eur',
        '--json',
        '--key',
        key.verifier.toString(),
      );
      expect(answer.code).toBe(1);
      expect(json(answer)).toMatchObject({ finding: { code: 'ledger_missing' } });
    });
  });

  it('finds what was changed after the snapshot', async () => {
    const events = sealed(long);
    const last = events.at(-1) as (typeof events)[number];
    const changed = [...events.slice(0, -1), { ...last, data: { ...last.data, reference: 'other' } }];
    await over(changed, async (audit) => {
      const answer = await audit('balance', 'wallet:anna', '--json', '--key', key.verifier.toString());
      expect(answer.code).toBe(1);
      expect(json(answer)).toMatchObject({ finding: { code: 'hash_mismatch' } });
    });
  });
});

it('reserves tells what covers an asset, at any revision', async () => {
  await over(sealed(issued()), async (audit) => {
    const now = await audit('reserves', 'CAFFE', '--json');
    expect(json(now)).toMatchObject({
      asset: 'CAFFE',
      supply: 300,
      reserve: 500,
      covered: '500',
      finding: null,
    });
    expect((await audit('reserves', 'CAFFE')).out).toMatch(
      /supply {3}3\.00 CAFFE\n {2}reserve {2}500 minor units of EUR/,
    );
    const before = await audit('reserves', 'CAFFE', '--at', '6', '--json');
    expect(json(before)).toMatchObject({ supply: 0, reserve: 500 });
    expect((await audit('reserves', 'CORNETTO')).code).toBe(2);
  });
});

function transfers(count: number): LedgerEvent[] {
  const begun = story().reduce(evolve, emptyLedger('it-eur', 'EUR'));
  return played(
    begun,
    Array.from({ length: count }, (_, i) => entry(10 + i, anna.account, bruno.account, 1n)),
  );
}

function issued(): LedgerEvent[] {
  const reserve = { ...source, account: 'reserve:caffe', chart: '1010', testMoney: false };
  const purse = { ...anna, account: 'caffe:anna', currency: 'CAFFE' };
  return played(emptyLedger('it-eur', 'EUR'), [
    ...[source, anna, reserve],
    {
      ...{
        type: 'DefineAsset',
        commandId: idOf(80),
        reference: 'case',
        code: 'CAFFE',
        scale: 2,
        issuer: 'bar-1',
      },
      ...{ reserve: reserve.account, backing: 1n },
    },
    entry(1, reserve.account, anna.account, 500n),
    purse,
    entry(2, 'supply:caffe', purse.account, 300n, 'CAFFE'),
  ]);
}

function idOf(n: number): string {
  return (entry(n, 'a:b', 'a:c', 1n) as { entryId: string }).entryId;
}

function played(begun: ReturnType<typeof emptyLedger>, commands: readonly LedgerCommand[]): LedgerEvent[] {
  let state = begun;
  return commands.flatMap((command) => {
    const { events } = decide(state, command, Date.UTC(2026, 10, 2, 12));
    state = events.reduce(evolve, state);
    return events;
  });
}
