import { LedgerWriter } from '@florin/books';
import type { PostEntry } from '@florin/ledger';
import { v7 as uuidv7 } from 'uuid';
import { Desk } from './desk.js';
import { balancesOf, type Asked, type Outcome } from './outcomes.js';
import type { TransferDto } from './transfer.dto.js';
import {
  answerEntry,
  postAllTransfers,
  postTransfer,
  postTransfers,
  type PlatformBook,
} from './transfer.handler.js';

const now = Date.UTC(2026, 10, 2, 12);
const [anna, bruno] = ['wallet:anna', 'wallet:bruno'];

async function* emptyLog(): AsyncGenerator<never[]> {
  yield await Promise.resolve([]);
}

/** A book in which Anna may owe, and Bruno may not; nothing of it is ever read back. */
async function scene(
  recorded: (asked: Asked) => Promise<Outcome> = () => Promise.reject(new Error('asked')),
) {
  const store = {
    read: () => emptyLog(),
    append: () => Promise.resolve(0n),
  };
  const writer = new LedgerWriter({
    ...{ ledger: 'it-eur', currency: 'EUR', nowMs: () => now },
    store: store as never,
  });
  for (const [account, floor] of [[anna, null] as const, [bruno, 0n] as const]) {
    const common = { owner: null, class: 'liability', chart: '2010', testMoney: false } as const;
    await writer.submit({ type: 'OpenAccount', account, floor, ...common });
  }
  const looked: string[] = [];
  const desk = new Desk({
    writer,
    recorded: (asked) => {
      looked.push((asked as PostEntry).entryId);
      return recorded(asked);
    },
  });
  const book: PlatformBook = { ledger: 'it-eur', writer, desk, testMoney: () => false };
  return { book, desk, looked };
}

function transfer(from: string, to: string, amount: number, more: Partial<TransferDto> = {}): TransferDto {
  const id = uuidv7({ msecs: now });
  return { id, from, to, amount, currency: 'EUR', kind: 'p2p', reference: 'order-1', ...more };
}

const parsed = ({ body }: { body: string }) => JSON.parse(body) as Record<string, unknown>;

describe('a batch that is done whole or not at all', () => {
  it('says of each id that has an outcome which one, and of what is new nothing', async () => {
    const { book, looked } = await scene();
    const [done, refused] = [transfer(anna, bruno, 5), transfer(bruno, anna, 1_000)];
    const { revision } = parsed(await postTransfer(book, done));
    await expect(postTransfer(book, refused)).rejects.toMatchObject({ problem: { status: 422 } });
    const fresh = transfer(anna, bruno, 1);
    const transfers = [done, fresh, refused, { ...done, amount: 6 }, fresh];
    await expect(postAllTransfers(book, transfers)).rejects.toMatchObject({
      message: expect.stringContaining('Nothing was done now') as string,
      extensions: {
        errors: [
          { pointer: '/transfers/0', id: done.id, code: 'already_posted', revision },
          { pointer: '/transfers/2', id: refused.id, code: 'insufficient_funds' },
          { pointer: '/transfers/3', id: done.id, code: 'id_reused' },
          { pointer: '/transfers/4', id: fresh.id, code: 'id_reused' },
        ],
      },
    });
    expect(looked).toEqual([]);
    expect(await postTransfer(book, fresh)).toMatchObject({ status: 201 });
  });

  it('looks up what is no more remembered', async () => {
    const { book, desk, looked } = await scene(() =>
      Promise.resolve({ kind: 'done', revision: 3n, balances: [-5n, 5n], again: true }),
    );
    const done = transfer(anna, bruno, 5);
    await postTransfer(book, done);
    desk.forget();
    await expect(postAllTransfers(book, [done, transfer(anna, bruno, 1)])).rejects.toMatchObject({
      extensions: { errors: [{ id: done.id, code: 'already_posted', revision: 3 }] },
    });
    expect(looked).toEqual([done.id]);
  });

  it('is answered as then where all of it was done before', async () => {
    const { book } = await scene();
    const transfers = [transfer(anna, bruno, 5), transfer(anna, bruno, 6)];
    await postAllTransfers(book, transfers);
    expect(parsed(await postAllTransfers(book, transfers))).toMatchObject({
      posted: 2,
      outcomes: [
        { again: true, to: { balance: 5 } },
        { again: true, to: { balance: 11 } },
      ],
    });
  });
});

describe('a batch of which each is for itself', () => {
  it('keeps each outcome with its transfer where some may not be asked at all', async () => {
    const { book } = await scene();
    const funding = { kind: 'test-funding' } as const;
    const transfers = [1, 2, 3, 4].map((n) => transfer(anna, bruno, n, n % 2 === 0 ? {} : funding));
    expect(parsed(await postTransfers(book, transfers))).toMatchObject({
      posted: 2,
      outcomes: [
        { id: transfers[0]?.id, outcome: 'refused', code: 'test_money_off' },
        { id: transfers[1]?.id, outcome: 'posted', to: { balance: 2 } },
        { id: transfers[2]?.id, outcome: 'refused', code: 'test_money_off' },
        { id: transfers[3]?.id, outcome: 'posted', to: { balance: 6 } },
      ],
    });
  });
});

describe('a balance that is not there', () => {
  it('is never made up', async () => {
    const { book } = await scene();
    const entry: PostEntry = {
      ...{ type: 'PostEntry', entryId: uuidv7({ msecs: now }), kind: 'p2p', currency: 'EUR', reference: '' },
      postings: [
        { account: anna, amount: 1n },
        { account: 'wallet:nobody', amount: -1n },
      ],
    };
    const done: Outcome = { kind: 'done', revision: 3n, balances: [1n], again: false };
    expect(() => answerEntry('it-eur', entry, done)).toThrow('no two balances');
    const balances = book.writer.look((state) => balancesOf(entry, state));
    await expect(balances).rejects.toThrow();
  });
});
