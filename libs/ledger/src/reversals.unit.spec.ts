import type { ReverseEntry } from './commands.js';
import { decide } from './decide.js';
import type { EntryPosted } from './events.js';
import { anna, bruno, bookOf, entryIdAt, NOW, posted, replayed, stored, transfer } from './given.spec.js';
import { createReversalCheck } from './reversals.js';
import type { StoredRecord } from './stored.js';
import { accepted, funded, refusal, Scene } from './scene.spec.js';
import { balanceOf } from './state.js';

const payment = posted(transfer(anna, bruno, 1_250n, 1));
const paid = [...funded, payment];
const reversal: ReverseEntry = {
  type: 'ReverseEntry',
  entryId: entryIdAt(NOW, 30),
  reverses: { entryId: payment.entryId, revision: 5n },
  reference: 'case-30',
  metadata: { reason: 'fraud' },
};
const reversed: EntryPosted = {
  ...posted({ ...transfer(bruno, anna, 1_250n), ...reversal, kind: 'reversal', postings: turned(payment) }),
  reverses: reversal.reverses,
};

/** The payment with two postings more. */
const tripled: EntryPosted = {
  ...payment,
  postings: posted({
    ...transfer(anna, bruno, 1_250n),
    postings: [...payment.postings, { account: 'a:x', amount: 1n }, { account: 'a:y', amount: -1n }],
  }).postings,
};

function turned({ postings }: EntryPosted) {
  return postings.map(({ account, amount }) => ({ account, amount: -amount }));
}

describe('reversing an entry', () => {
  it('posts its mirror, linked to it', () => {
    expect(decide(bookOf(paid), reversal, NOW, payment)).toStrictEqual(accepted(reversed));
    const scene = new Scene(paid).do(reversal, NOW, payment);
    expect(balanceOf(scene.state, anna.account)).toBe(20_000n);
    expect(balanceOf(scene.state, bruno.account)).toBe(0n);
  });

  it('happens once for an entry', () => {
    const again = { ...reversal, entryId: entryIdAt(NOW, 31) };
    const scene = new Scene(paid).do(reversal, NOW, payment);
    expect(scene.decide(reversal, NOW, payment).outcome).toBe('repeated');
    expect(scene.decide(again, NOW, payment)).toStrictEqual(refusal(again, 'reversal', 'entry_reversed'));
  });

  it('is not itself reversed', () => {
    const ofReversal = {
      ...reversal,
      entryId: entryIdAt(NOW, 32),
      reverses: { entryId: reversal.entryId, revision: 6n },
    };
    const scene = new Scene(paid).do(reversal, NOW, payment);
    expect(scene.decide(ofReversal, NOW, reversed)).toStrictEqual(
      refusal(ofReversal, 'reversal', 'entry_reversed'),
    );
  });

  it.each([
    ['no event', undefined],
    ['no entry', paid[0]],
    ['another entry', posted(transfer(anna, bruno, 1_250n, 2))],
  ])('needs the entry: %s stands there', (_what, original) => {
    expect(decide(bookOf(paid), reversal, NOW, original)).toStrictEqual(
      refusal(reversal, 'reversal', 'entry_unknown'),
    );
  });

  it('is an entry like any other: it needs funds', () => {
    const spent = new Scene(paid).do(transfer(bruno, anna, 1n, 33));
    expect(spent.decide(reversal, NOW, payment)).toStrictEqual(
      refusal(reversal, 'reversal', 'insufficient_funds'),
    );
  });
});

describe('a stored history with a reversal', () => {
  const findingIn = async (...events: EntryPosted[]) => {
    const records = stored([...paid, ...events]);
    const replay = replayed(records);
    expect(replay.finding).toBeUndefined();
    const read = (revision: bigint) => Promise.resolve<StoredRecord | undefined>(records[Number(revision)]);
    return replay.checkReversals(read);
  };

  it('is right where it mirrors its entry', async () => {
    expect(await findingIn(reversed)).toBeUndefined();
  });

  it.each<[string, Partial<EntryPosted>]>([
    ['names another entry', { reverses: { entryId: entryIdAt(NOW, 9), revision: 5n } }],
    ['names another revision', { reverses: { entryId: payment.entryId, revision: 3n } }],
    ['does not turn the signs', { postings: payment.postings }],
    ['undoes a part', { postings: posted(transfer(bruno, anna, 1_249n)).postings }],
    [
      'undoes it elsewhere',
      { postings: posted(transfer(bruno, { ...anna, account: 'source:test-money' }, 1_250n)).postings },
    ],
  ])('is found wrong where it %s', async (_what, change) => {
    expect(await findingIn({ ...reversed, ...change })).toMatchObject({
      revision: 6n,
      code: 'reversal_differs',
    });
  });

  const { entryId } = payment;
  it.each<[string, (records: StoredRecord[]) => StoredRecord | undefined, Partial<EntryPosted>]>([
    [
      `revision 5 is not entry ${entryIdAt(NOW, 9)}, which it reverses`,
      (records) => records[5],
      { reverses: { entryId: entryIdAt(NOW, 9), revision: 5n } },
    ],
    [`revision 5 is not entry ${entryId}, which it reverses`, () => undefined, {}],
    [`revision 5 is not entry ${entryId}, which it reverses`, (records) => records[0], {}],
    [
      `revision 5 is not entry ${entryId}, which it reverses`,
      (records) => ({ ...(records[5] as StoredRecord), data: { entryId } }),
      {},
    ],
    [
      `entry ${entryId} is itself a reversal`,
      () => stored([...paid.slice(0, 5), { ...payment, reverses: { entryId, revision: 1n } }])[5],
      {},
    ],
    [
      `its postings do not mirror those of entry ${entryId}`,
      () => stored([...paid.slice(0, 5), { ...payment, currency: 'BRL' }])[5],
      {},
    ],
    [
      `its postings do not mirror those of entry ${entryId}`,
      (records) => records[5],
      {
        postings: posted({
          ...transfer(bruno, anna, 1_250n),
          postings: [...turned(payment), { account: 'a:x', amount: 1n }, { account: 'a:y', amount: -1n }],
        }).postings,
      },
    ],
    [
      `its postings do not mirror those of entry ${entryId}`,
      (records) => records[5],
      {
        postings: posted({
          ...transfer(anna, bruno, 1_250n),
          postings: [
            { account: anna.account, amount: -1_250n },
            { account: 'wallet:x', amount: 1_250n },
          ],
        }).postings,
      },
    ],
    [
      `its postings do not mirror those of entry ${entryId}`,
      () => stored([...paid.slice(0, 5), tripled])[5],
      {},
    ],
  ])('says that %s', async (detail, at, change) => {
    const check = createReversalCheck();
    const records = stored([...paid]);
    for (const [i, event] of paid.entries()) check.note(event, BigInt(i));
    check.note({ ...reversed, ...change }, 6n);
    const read = () => Promise.resolve(at(records));
    expect(await check.finding(read)).toStrictEqual({ revision: 6n, code: 'reversal_differs', detail });
    expect(await check.finding(read)).toBeUndefined();
  });

  it('cannot be checked where the log cannot be read', async () => {
    const check = createReversalCheck();
    check.note(reversed, 6n);
    await expect(check.finding(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    const broken: StoredRecord = Object.defineProperty({ ...(stored(paid)[5] as StoredRecord) }, 'data', {
      get: () => {
        throw new RangeError('damaged');
      },
    });
    check.note(reversed, 6n);
    await expect(check.finding(() => Promise.resolve(broken))).rejects.toThrow('damaged');
  });

  it('is found wrong where it comes twice', () => {
    const twice = [...paid, reversed, { ...reversed, entryId: entryIdAt(NOW, 34) }];
    expect(replayed(stored(twice)).finding).toMatchObject({ revision: 7n, code: 'entry_reversed' });
  });
});
