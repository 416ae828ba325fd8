import type { ReverseEntry } from './commands.js';
import { decide } from './decide.js';
import type { EntryPosted } from './events.js';
import { anna, bruno, bookOf, entryIdAt, NOW, posted, replayed, stored, transfer } from './given.spec.js';
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

  it('is found wrong where it comes twice', () => {
    const twice = [...paid, reversed, { ...reversed, entryId: entryIdAt(NOW, 34) }];
    expect(replayed(stored(twice)).finding).toMatchObject({ revision: 7n, code: 'entry_reversed' });
  });
});
