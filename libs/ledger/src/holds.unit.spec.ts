import type { ExtendHold, PlaceHold, PostEntry, ReleaseHold } from './commands.js';
import { ENTRY_ID_WINDOW_MS } from './entry-id.js';
import type { HoldPlaced } from './events.js';
import {
  anna,
  bookOf,
  bruno,
  entryIdAt,
  given,
  NOW,
  posted,
  replayed,
  stored,
  transfer,
} from './given.spec.js';
import { dueHolds, MAX_HOLD_MS } from './holds.js';
import { MAX_AMOUNT } from './money.js';
import { accepted, asked, funded, refusal, Scene } from './scene.spec.js';
import { decide } from './decide.js';

const expiresAt = NOW + 60_000;
const hold: PlaceHold = {
  type: 'PlaceHold',
  holdId: entryIdAt(NOW, 50),
  account: anna.account,
  currency: 'EUR',
  amount: 15_000n,
  expiresAt,
  kind: 'order',
  reference: 'order-1',
};
const { holdId } = hold;
const placed: HoldPlaced = { ...hold, type: 'HoldPlaced', recordedAt: NOW };
const held = [...funded, placed];

/** Takes money of the hold into Bruno's wallet. */
function capture(amount: bigint, final: boolean, n = 60): PostEntry {
  return { ...transfer(anna, bruno, amount, n), kind: 'order', capture: { holdId, final } };
}

const heldBy = (scene: Scene): bigint | undefined => scene.state.accounts.get(anna.account)?.held;

describe('placing a hold', () => {
  it('sets money aside without moving it', () => {
    given(...funded)
      .when(hold)
      .then(accepted(placed));
    const { accounts, holds } = bookOf(held);
    expect(accounts.get(anna.account)).toMatchObject({ debitBalance: -20_000n, held: 15_000n });
    expect(holds.get(holdId)).toStrictEqual({
      id: holdId,
      account: anna.account,
      amount: 15_000n,
      expiresAt,
    });
  });

  it('takes all that is available, and not one cent more', () => {
    const second = { ...hold, holdId: entryIdAt(NOW, 51), amount: 5_000n };
    given(...held)
      .when(second)
      .then(accepted({ ...second, type: 'HoldPlaced', recordedAt: NOW }));
    const tooMuch = { ...second, amount: 5_001n };
    given(...held)
      .when(tooMuch)
      .then(refusal(tooMuch, 'order', 'insufficient_funds'));
  });

  it('leaves to other entries only what is not on hold', () => {
    const rest = transfer(anna, bruno, 5_000n, 1);
    given(...held)
      .when(rest)
      .then(accepted(posted(rest)));
    const tooMuch = transfer(anna, bruno, 5_001n, 1);
    given(...held)
      .when(tooMuch)
      .then(refusal(tooMuch, 'p2p', 'insufficient_funds'));
  });

  it.each<[string, Partial<PlaceHold>, 'entry_invalid' | 'account_unknown' | 'currency_mismatch']>([
    ['nothing', { amount: 0n }, 'entry_invalid'],
    ['less than nothing', { amount: -1n }, 'entry_invalid'],
    ['more than there can be', { amount: MAX_AMOUNT + 1n }, 'entry_invalid'],
    ['until now', { expiresAt: NOW }, 'entry_invalid'],
    ['for longer than holds last', { expiresAt: NOW + MAX_HOLD_MS + 1 }, 'entry_invalid'],
    ['until no instant', { expiresAt: Number.NaN }, 'entry_invalid'],
    ['money of nobody', { account: 'wallet:carla' }, 'account_unknown'],
    ['another currency', { currency: 'BRL' }, 'currency_mismatch'],
  ])('cannot hold %s', (_what, change, code) => {
    const wrong = { ...hold, ...change };
    given(...funded)
      .when(wrong)
      .then(refusal(wrong, 'order', code));
  });

  it('has one outcome, whatever comes after it', () => {
    given(...held)
      .when(hold)
      .then({ outcome: 'repeated', events: [] });
    given(...funded)
      .when({ ...hold, holdId: entryIdAt(NOW - ENTRY_ID_WINDOW_MS - 1) })
      .then({ outcome: 'unacceptable', code: 'entry_id_expired', events: [] });
  });
});

describe('capturing a hold', () => {
  it('takes the whole, and the hold has ended', () => {
    const scene = new Scene(held).do(capture(15_000n, false));
    expect(scene.state.holds.size).toBe(0);
    expect(heldBy(scene)).toBe(0n);
    expect(scene.events.at(-1)).toStrictEqual({
      ...posted(capture(15_000n, false)),
      capture: { holdId, final: false },
    });
  });

  it('takes a part, and the rest stays on hold', () => {
    const scene = new Scene(held).do(capture(4_000n, false));
    expect(scene.state.holds.get(holdId)?.amount).toBe(11_000n);
    expect(heldBy(scene)).toBe(11_000n);
    scene.do(capture(11_000n, false, 61));
    expect(scene.state.holds.size).toBe(0);
  });

  it('takes a part as the last, and the rest is available', () => {
    const scene = new Scene(held).do(capture(4_000n, true)).do(transfer(anna, bruno, 16_000n, 62));
    expect(heldBy(scene)).toBe(0n);
    expect(scene.state.holds.size).toBe(0);
  });

  it.each<[string, PostEntry, 'hold_exceeded' | 'hold_unknown' | 'entry_invalid']>([
    ['more than is held', capture(15_001n, true), 'hold_exceeded'],
    ['nothing', { ...capture(1n, true), postings: transfer(bruno, anna, 1n).postings }, 'entry_invalid'],
    ['an unknown hold', { ...capture(1n, true), capture: { holdId: 'x', final: true } }, 'hold_unknown'],
  ])('refuses an entry that takes %s', (_what, wrong, code) => {
    given(...held)
      .when(wrong)
      .then(refusal(wrong, 'order', code));
  });

  it('is too late from the instant on that it expires, whether or not that is recorded', () => {
    const scene = new Scene(held);
    const late = capture(1n, true);
    expect(scene.decide(late, expiresAt)).toStrictEqual(refusal(late, 'order', 'hold_expired', expiresAt));
    expect(scene.decide(late, expiresAt - 1).outcome).toBe('accepted');
  });

  it('ends a hold once', () => {
    const scene = new Scene(held).do(capture(4_000n, true));
    const again = capture(1n, true, 63);
    expect(scene.decide(again)).toStrictEqual(refusal(again, 'order', 'hold_unknown'));
  });
});

describe('releasing and extending a hold', () => {
  const release: ReleaseHold = { type: 'ReleaseHold', ...asked(70), holdId };
  const extend: ExtendHold = { type: 'ExtendHold', ...asked(71), holdId, expiresAt: expiresAt + 1 };

  it('gives the money back', () => {
    given(...held)
      .when(release)
      .then(accepted({ ...release, type: 'HoldReleased', recordedAt: NOW }));
    expect(heldBy(new Scene(held).do(release))).toBe(0n);
  });

  it('cannot release what has ended', () => {
    const again = { ...release, ...asked(72) };
    expect(new Scene(held).do(release).decide(again)).toStrictEqual(
      refusal(again, 'hold-release', 'hold_unknown'),
    );
  });

  it('lasts longer, never shorter', () => {
    given(...held)
      .when(extend)
      .then(accepted({ ...extend, type: 'HoldExtended', recordedAt: NOW }));
    const scene = new Scene(held).do(extend);
    expect(scene.decide(capture(1n, true), expiresAt).outcome).toBe('accepted');
    const shorter = { ...extend, ...asked(73), expiresAt };
    expect(scene.decide(shorter)).toStrictEqual(refusal(shorter, 'hold-extension', 'entry_invalid'));
  });

  it('is too late to extend when it has expired', () => {
    expect(new Scene(held).decide(extend, expiresAt)).toStrictEqual(
      refusal(extend, 'hold-extension', 'hold_expired', expiresAt),
    );
  });
});

describe('expiry', () => {
  const expire = { type: 'ExpireHolds', limit: 10 } as const;

  it('ends what is due at a time that is handed in', () => {
    const state = bookOf(held);
    expect(decide(state, expire, expiresAt - 1)).toStrictEqual({ outcome: 'repeated', events: [] });
    expect(decide(state, expire, expiresAt)).toStrictEqual(
      accepted({ type: 'HoldExpired', holdId, recordedAt: expiresAt }),
    );
    const after = new Scene(held).take({ type: 'HoldExpired', holdId, recordedAt: expiresAt });
    expect(heldBy(after)).toBe(0n);
    expect(decide(after.state, expire, expiresAt).outcome).toBe('repeated');
  });

  it('is asked for in bounded portions', () => {
    expect(dueHolds(bookOf(held), expiresAt, 0)).toStrictEqual([]);
    expect(dueHolds(bookOf(held), expiresAt, 1)).toStrictEqual([holdId]);
  });
});

describe('a stored history', () => {
  const findingAfter = (...wrong: Parameters<Scene['take']>) =>
    replayed(stored([...held, ...wrong])).finding?.code;

  it('is found wrong where a hold exceeds the balance, ends twice or early, or is captured beyond itself', () => {
    const released = { ...asked(70), type: 'HoldReleased', holdId, recordedAt: NOW } as const;
    const more = { ...placed, holdId: entryIdAt(NOW, 52), amount: 5_001n };
    expect(findingAfter()).toBeUndefined();
    expect(findingAfter(more)).toBe('floor_broken');
    expect(findingAfter(released, { ...released, ...asked(71) })).toBe('hold_unknown');
    expect(findingAfter({ type: 'HoldExpired', holdId, recordedAt: NOW })).toBe('hold_unknown');
    expect(findingAfter(posted(capture(15_001n, true)))).toBe('hold_exceeded');
    expect(findingAfter(posted(transfer(anna, bruno, 5_001n, 1)))).toBe('floor_broken');
  });
});
