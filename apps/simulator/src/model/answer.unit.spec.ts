import { answer, answerAll, type Answer } from './answer.js';
import { Book } from './book.js';
import type { Command, OpenAccount, PostEntry } from './commands.js';

const NOW = Date.UTC(2026, 10, 2, 12);
const DAY = 24 * 3_600_000;

const wallet = (owner: string): OpenAccount => ({
  ...{ type: 'OpenAccount', account: `wallet:${owner}`, owner, class: 'liability', chart: '2010' },
  ...{ floor: 0n, testMoney: false },
});
const source: OpenAccount = {
  ...{ type: 'OpenAccount', account: 'source:test-money', owner: null, class: 'asset', chart: '1900' },
  ...{ floor: null, testMoney: true },
};
const idAt = (ms: number, n: number): string => {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
};
const pay = (
  from: string,
  to: string,
  amount: bigint,
  n: number,
  more: Partial<PostEntry> = {},
): PostEntry => ({
  ...{ type: 'PostEntry', entryId: idAt(NOW, n), kind: 'p2p', currency: 'EUR', reference: '' },
  postings: [
    { account: from, amount },
    { account: to, amount: -amount },
  ],
  ...more,
});

class Scene {
  readonly book = new Book('it-eur', 'EUR');

  say(command: Command, nowMs = NOW): Answer {
    const said = answer(this.book, command, nowMs, this.book.facts[7]);
    for (const fact of said.facts) this.book.record(fact);
    return said;
  }

  holds(id: string): readonly [balance: bigint, held: bigint] {
    const account = this.book.accounts.get(`wallet:${id}`);
    if (account === undefined) throw new Error(`${id} has no wallet`);
    return [this.book.balance(account), this.book.held(account)];
  }
}

/** Anna has 10.00 EUR, Bruno nothing: revisions 0 to 4. */
function funded(): Scene {
  const scene = new Scene();
  for (const account of [source, wallet('anna'), wallet('bruno')]) scene.say(account);
  scene.say(pay('source:test-money', 'wallet:anna', 1_000n, 1));
  return scene;
}

describe('the model', () => {
  it('begins a book with its name', () => {
    expect(new Scene().say(source).facts.map(({ type }) => type)).toEqual(['LedgerCreated', 'AccountOpened']);
  });

  it('moves what there is, and no more', () => {
    const scene = funded();
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 1_000n, 2)).outcome).toBe('accepted');
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 1n, 3)).code).toBe('insufficient_funds');
    expect([scene.holds('anna'), scene.holds('bruno')]).toEqual([
      [0n, 0n],
      [1_000n, 0n],
    ]);
  });

  it('gives an id one outcome, for ever', () => {
    const scene = funded();
    const command = pay('wallet:anna', 'wallet:bruno', 600n, 2);
    scene.say(command);
    expect(scene.say(command)).toEqual({ outcome: 'repeated', facts: [] });
    expect(scene.say(command, NOW + 8 * DAY)).toMatchObject({ outcome: 'repeated', or: 'entry_id_expired' });
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 1n, 9), NOW + 8 * DAY).code).toBe('entry_id_expired');
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 1n, 9, { entryId: idAt(NOW + DAY, 9) })).code).toBe(
      'entry_id_invalid',
    );
  });

  it('sets money aside, gives parts of it out, and the rest back', () => {
    const scene = funded();
    const holdId = idAt(NOW, 5);
    const hold = {
      type: 'PlaceHold',
      holdId,
      account: 'wallet:anna',
      currency: 'EUR',
      amount: 700n,
    } as const;
    scene.say({ ...hold, expiresAt: NOW + DAY, kind: 'order', reference: '' });
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 301n, 6)).code).toBe('insufficient_funds');
    const capture = { holdId, final: false };
    scene.say(pay('wallet:anna', 'wallet:bruno', 200n, 7, { capture }));
    expect(scene.holds('anna')).toEqual([800n, 500n]);
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 501n, 8, { capture })).code).toBe('hold_exceeded');
    expect(scene.say({ type: 'ExpireHolds', limit: 5 }).outcome).toBe('repeated');
    expect(scene.say({ type: 'ExpireHolds', limit: 5 }, NOW + DAY)).toMatchObject({ choice: [holdId] });
    expect(scene.holds('anna')).toEqual([800n, 0n]);
  });

  it('lets no time go back', () => {
    const scene = funded();
    scene.say(wallet('carla'), NOW + DAY);
    expect(scene.say(wallet('dario'), NOW).facts[0]?.data.recordedAt).toBe(NOW + DAY);
  });

  it('reverses an entry once', () => {
    const scene = funded();
    for (const owner of ['carla', 'dario']) scene.say(wallet(owner));
    scene.say(pay('wallet:anna', 'wallet:bruno', 400n, 2));
    const reversal = (n: number): Command => ({
      ...{ type: 'ReverseEntry', entryId: idAt(NOW, n), reference: '' },
      reverses: { entryId: idAt(NOW, 2), revision: 7n },
    });
    expect(scene.say(reversal(3)).outcome).toBe('accepted');
    expect(scene.holds('anna')).toEqual([1_000n, 0n]);
    expect(scene.say(reversal(4)).code).toBe('entry_reversed');
  });

  it('sums a month up, and closes it', () => {
    const scene = funded();
    const until = Date.UTC(2026, 10, 30, 23);
    const close: Command = {
      type: 'ClosePeriod',
      commandId: idAt(until, 1),
      reference: '',
      period: '2026-11',
      until,
    };
    expect(scene.say({ ...close, commandId: idAt(NOW, 20) }).code).toBe('period_invalid');
    const longAgo = { period: '0099-12', until: Date.UTC(2000, 0, 1) };
    expect(scene.say({ ...close, ...longAgo, commandId: idAt(NOW, 21) }).code).toBe('period_invalid');
    expect(scene.say(close, until).facts[0]?.data).toMatchObject({
      entries: 1,
      totals: [
        { currency: 'EUR', class: 'asset', debits: 1_000, credits: 0 },
        { currency: 'EUR', class: 'liability', debits: 0, credits: 1_000 },
      ],
    });
    const late = { entryId: idAt(until, 2), effectiveAt: until - 1 };
    expect(scene.say(pay('wallet:anna', 'wallet:bruno', 1n, 0, late), until).code).toBe('period_closed');
  });

  it('takes all of some entries, or none', () => {
    const { book } = funded();
    const both = [pay('wallet:anna', 'wallet:bruno', 600n, 2), pay('wallet:bruno', 'wallet:anna', 500n, 3)];
    expect(answerAll(book, both, NOW)).toMatchObject({
      taken: true,
      answers: [{ facts: [{}] }, { facts: [{}] }],
    });
    expect(answerAll(book, both.toReversed(), NOW)).toMatchObject({
      taken: false,
      answers: [
        { code: 'insufficient_funds', facts: [] },
        { outcome: 'accepted', facts: [] },
      ],
    });
  });
});
