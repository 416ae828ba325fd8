import { left, supplyOf, type Account, type Book, type Hold } from '../model/book.js';
import type { Asset } from '../model/book.js';
import type { Posting, Way } from '../model/commands.js';
import { accounts, codes, nobody } from './accounts.js';
import type { Random } from './random.js';
import type { Order } from './steps.js';

const MOST = 2n ** 53n - 1n;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Draws what a book is asked for, with an eye on what it holds, so that much of it is just possible or just not. */
export class Orders {
  #made = 0;

  constructor(
    private readonly random: Random,
    private readonly book: Book,
    private readonly nowMs: () => number,
    /** Whether amounts as large as can be are among them. */
    private readonly large: boolean,
  ) {}

  /** One command. */
  draw(): Order {
    return this.random.weighted<() => Order>([
      [30, () => this.#transfer()],
      [14, () => this.#funding()],
      [6, () => this.#manyLegs()],
      [9, () => this.#hold()],
      [9, () => this.#capture()],
      [3, () => ({ type: 'ReleaseHold', ...this.#asked(), holdId: this.#holdId() })],
      [
        3,
        () => ({ type: 'ExtendHold', ...this.#asked(), holdId: this.#holdId(), expiresAt: this.#expiry() }),
      ],
      [3, () => ({ type: 'ExpireHolds', limit: this.random.one([1, 2, 100]) })],
      [2, () => this.#freeze()],
      [3, () => ({ type: 'UnfreezeAccount', ...this.#asked(), account: this.#frozen() })],
      [1, () => ({ type: 'CloseAccount', ...this.#asked(), account: this.#emptyOrNot() })],
      [4, () => this.#reversal()],
      [1, () => this.#month()],
      [1, () => this.#asset()],
      [6, () => this.#units()],
      [4, () => this.#opening()],
      [2, () => this.#broken()],
    ])();
  }

  /** The same command once more, sometimes with another content under its id. */
  again(order: Order): Order {
    if (this.random.oneIn(4) && 'postings' in order) {
      return {
        ...order,
        postings: order.postings.map(({ account: id, amount }) => ({ account: id, amount: -amount })),
      };
    }
    return order;
  }

  #transfer(): Order {
    const from = this.#payer();
    return this.#entry('p2p', this.#between(from, this.#payee(from), this.#amountOf(from)));
  }

  #funding(): Order {
    const from = this.book.accounts.get('source:test-money') ?? this.#account();
    const amount =
      this.large && this.random.oneIn(30)
        ? this.random.one([MOST, MOST - 1n, MOST / 2n])
        : BigInt(1 + this.random.below(5_000));
    return this.#entry('test-funding', this.#between(from, this.#payee(from), amount));
  }

  #manyLegs(): Order {
    const payer = this.#payer();
    const drawn = Array.from({ length: 2 + this.random.below(5) }, () => this.#payee(payer));
    const others = this.random.oneIn(10) ? drawn : [...new Set(drawn)];
    const share = this.#amountOf(payer) / BigInt(others.length) + 1n;
    const [first, ...legs] = others.flatMap((other) => this.#between(payer, other, share).reverse());
    const payers = legs.filter(({ account: id }) => id === payer.id);
    const rest = payers.reduce((sum, { amount }) => sum + amount, 0n);
    const receivers = [first as Posting, ...legs.filter(({ account: id }) => id !== payer.id)];
    return this.#entry('split', [{ account: payer.id, amount: rest }, ...receivers]);
  }

  #hold(): Order {
    const holder = this.#payer();
    const expiresAt = this.#expiry();
    return {
      ...{ type: 'PlaceHold', holdId: this.#id(), account: holder.id, currency: this.#currencyOf(holder) },
      ...{ amount: this.#amountOf(holder), expiresAt, kind: 'order', reference: this.#reference() },
    };
  }

  #capture(): Order {
    const hold = this.#someHold();
    if (hold === undefined) return this.#hold();
    const holder = this.book.accounts.get(hold.account) as Account;
    const rest = left(hold);
    const amount = this.random.weighted([
      [3, rest],
      [3, rest / 2n],
      [2, 1n],
      [2, rest + 1n],
      [1, -1n],
    ]);
    const from = this.random.oneIn(20) ? this.#account() : holder;
    const postings = this.#between(from, this.#payee(from), amount);
    const capture = { holdId: hold.id, final: this.random.oneIn(3) };
    return { ...this.#entry('order', postings), capture };
  }

  #reversal(): Order {
    const { entries } = this.book;
    const recent = entries.slice(this.random.oneIn(3) ? 0 : -12);
    const reverses = recent.length === 0 || this.random.oneIn(15) ? this.#id() : this.random.one(recent).id;
    const off = this.random.oneIn(12) ? { off: this.random.one([-1, 1]) } : {};
    return {
      type: 'ReverseEntry',
      entryId: this.#id(),
      reverses,
      reference: this.#reference(),
      ...this.#effect(),
      ...off,
    };
  }

  #month(): Order {
    const last = this.book.months.at(-1)?.period;
    const [year, month] = (last ?? '2026-09').split('-').map(Number) as [number, number];
    const end = Date.UTC(year, month + 1, 1);
    const period = this.random.oneIn(8) ? (last ?? '2026-13') : new Date(end - DAY).toISOString().slice(0, 7);
    const ahead = this.random.weighted([
      [6, -HOUR],
      [2, 3 * HOUR],
      [1, -15 * HOUR],
      [1, MINUTE],
    ]);
    return { type: 'ClosePeriod', ...this.#asked(), period, until: end + ahead };
  }

  #asset(): Order {
    const code = this.random.oneIn(8) ? this.random.one(['EUR', 'caffe', 'A']) : this.random.one(codes);
    const reserve = this.random.oneIn(8) ? this.#account().id : `reserve:${code.toLowerCase()}`;
    const backing = this.random.one([1n, 1n, 10n, 0n]);
    const scale = this.random.one([0, 2, 2, 10]);
    return { type: 'DefineAsset', ...this.#asked(), code, scale, issuer: 'bar-1', reserve, backing };
  }

  /** Units of an asset that are issued, redeemed or given on; or money for its reserve. */
  #units(): Order {
    const assets = [...this.book.assets.values()];
    if (assets.length === 0) return this.random.oneIn(2) ? this.#asset() : this.#opening();
    const asset = this.random.one(assets);
    const supply = this.book.accounts.get(supplyOf(asset.code)) as Account;
    const holders = [...this.book.accounts.values()].filter(
      ({ currency }) => currency === asset.code && currency !== '',
    );
    const reserve = this.book.accounts.get(asset.reserve) as Account;
    const own = this.book.accounts.get('capital:own') ?? this.#account();
    const amount = this.#unitsOf(asset, reserve, supply);
    return this.random.weighted<() => Order>([
      [4, () => this.#entry('issue', this.#between(this.random.one(holders), supply, -amount), asset.code)],
      [
        2,
        () =>
          this.#entry('redeem', this.#between(this.random.one(holders), supply, this.#small()), asset.code),
      ],
      [
        2,
        () =>
          this.#entry(
            'gift',
            this.#between(this.random.one(holders), this.random.one(holders), this.#small()),
            asset.code,
          ),
      ],
      [3, () => this.#entry('cover', this.#between(reserve, own, this.#small() * -9n))],
      [2, () => this.#entry('uncover', this.#between(reserve, own, this.#amountOf(reserve)))],
    ])();
  }

  #unitsOf({ backing }: Asset, reserve: Account, supply: Account): bigint {
    const room = this.book.balance(reserve) * backing - this.book.balance(supply);
    return this.random.one([room, room + 1n, room / 2n, this.#small()]);
  }

  #opening(): Order {
    const order = this.random.one(accounts);
    if (this.random.oneIn(12)) return { ...order, floor: -7n };
    if (this.random.oneIn(20))
      return {
        ...order,
        ...this.random.one([{ chart: '20' }, { floor: 1n }, { account: 'Wallet' }, { owner: '' }]),
      };
    return order;
  }

  #freeze(): Order {
    const frozen = this.random.one<Way>(['in', 'out', 'both']);
    return { type: 'FreezeAccount', ...this.#asked(), account: this.#account().id, frozen };
  }

  /** What no book takes as an entry, or not under this id. */
  #broken(): Order {
    const entry = this.#transfer() as Order & { type: 'PostEntry' };
    const [first, second] = entry.postings as readonly [Posting, Posting];
    return this.random.one<Order>([
      { ...entry, postings: [first] },
      { ...entry, postings: [first, { ...second, amount: second.amount + 1n }] },
      { ...entry, postings: [first, { ...second, account: first.account }] },
      {
        ...entry,
        postings: [
          { ...first, amount: 0n },
          { ...second, amount: 0n },
        ],
      },
      {
        ...entry,
        postings: [
          { ...first, amount: MOST + 1n },
          { ...second, amount: -MOST - 1n },
        ],
      },
      { ...entry, currency: this.random.one(['BRL', 'GOLD24', 'XXXX']) },
      { ...entry, kind: 'Not A Kind' },
      { ...entry, reference: 'two words' },
      { ...entry, metadata: {} },
      { ...entry, metadata: { reason: 'x'.repeat(65) } },
      { ...entry, entryId: entry.entryId.toUpperCase() },
      { ...entry, entryId: entry.entryId.replace('-7', '-4') },
      { ...entry, effectiveAt: this.nowMs() + 2 * DAY },
      { ...entry, effectiveAt: 0.5 },
      {
        ...entry,
        postings: Array.from({ length: 101 }, (_, i) => ({
          account: `wallet:p${i}`,
          amount: i === 0 ? 100n : -1n,
        })),
      },
    ]);
  }

  #entry(kind: string, postings: readonly Posting[], currency?: string): Order & { type: 'PostEntry' } {
    const first = this.book.accounts.get(postings[0]?.account ?? '');
    return {
      ...{ type: 'PostEntry', entryId: this.#id(), kind, currency: currency ?? this.#currencyOf(first) },
      ...{ postings, reference: this.#reference(), ...this.#effect() },
      ...(this.random.oneIn(10) ? { metadata: { orderId: this.#reference() } } : {}),
    };
  }

  /** Money out of one account, into another; each by its own side. */
  #between(from: Account, to: Account, amount: bigint): Posting[] {
    const debit = from.class === 'asset' || from.class === 'expense' ? -amount : amount;
    // Test money comes out of an asset that is debited.
    const signed = from.id === 'source:test-money' ? -debit : debit;
    return [
      { account: from.id, amount: signed },
      { account: to.id, amount: -signed },
    ];
  }

  #effect(): { effectiveAt?: number } {
    if (!this.random.oneIn(8)) return {};
    const { openFrom, clock } = this.book;
    const effectiveAt = this.random.one([
      openFrom,
      openFrom - 1,
      clock - this.random.below(40 * DAY),
      clock,
      clock + 1,
    ]);
    return { effectiveAt: effectiveAt < 0 ? 0 : effectiveAt };
  }

  /** At the edge of what may leave an account, or of what it can hold, or little. */
  #amountOf(from: Account): bigint {
    const available = this.book.available(from);
    if (available === undefined || available <= 0n) return this.#small();
    return this.random.weighted([
      [8, this.#small()],
      [3, available / 3n + 1n],
      [2, available],
      [2, available + 1n],
      [this.large ? 1 : 0, MOST - this.book.balance(from)],
    ]);
  }

  #small(): bigint {
    return BigInt(1 + this.random.below(400));
  }

  #account(): Account {
    const open = [...this.book.accounts.values()];
    if (open.length === 0 || this.random.oneIn(60)) return nobody;
    return this.random.one(open);
  }

  /** Mostly one that has something to give. */
  #payer(): Account {
    const able = [...this.book.accounts.values()].filter((one) => (this.book.available(one) ?? 0n) > 0n);
    return able.length === 0 || this.random.oneIn(4) ? this.#account() : this.random.one(able);
  }

  /** Mostly another, in the same currency. */
  #payee(payer: Account): Account {
    const fit = [...this.book.accounts.values()].filter(
      (one) => one.currency === payer.currency && one.id !== payer.id,
    );
    return fit.length === 0 || this.random.oneIn(12) ? this.#account() : this.random.one(fit);
  }

  #frozen(): string {
    const frozen = [...this.book.accounts.values()].filter((one) => one.frozen !== null);
    return frozen.length === 0 ? this.#account().id : this.random.one(frozen).id;
  }

  #emptyOrNot(): string {
    const empty = [...this.book.accounts.values()].filter(
      (one) => one.postings.length > 0 && this.book.balance(one) === 0n,
    );
    return empty.length === 0 || this.random.oneIn(3) ? this.#account().id : this.random.one(empty).id;
  }

  #currencyOf(one: Account | undefined): string {
    return one === undefined || one === nobody || this.random.oneIn(80) ? this.book.currency : one.currency;
  }

  #someHold(): Hold | undefined {
    const holds = [...this.book.holds.values()];
    const open = holds.filter((hold) => hold.open);
    if (open.length > 0 && !this.random.oneIn(8)) return this.random.one(open);
    return holds.length === 0 ? undefined : this.random.one(holds);
  }

  #holdId(): string {
    return this.#someHold()?.id ?? this.#id();
  }

  #expiry(): number {
    const now = Math.max(this.nowMs(), this.book.clock);
    return (
      now +
      this.random.one([1, MINUTE, HOUR, HOUR, 5 * HOUR, DAY, DAY, 30 * DAY, 366 * DAY, 366 * DAY + 1, 0, -1])
    );
  }

  #asked(): { commandId: string; reference: string } {
    return { commandId: this.#id(), reference: this.#reference() };
  }

  #reference(): string {
    return `r-${this.#made}`;
  }

  /** An id that is nearly always new and of now; else at the edge of what is too old or too early. */
  #id(): string {
    this.#made += 1;
    const now = Math.max(this.nowMs(), this.book.clock);
    const madeAt = this.random.oneIn(25)
      ? now + this.random.one([-7 * DAY, -7 * DAY - 1, -6 * DAY, 5 * MINUTE, 5 * MINUTE + 1, -8 * DAY])
      : now - this.random.below(MINUTE);
    const time = Math.max(0, madeAt).toString(16).padStart(12, '0');
    const chance = this.random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
    const number = this.#made.toString(16).padStart(8, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-8${chance.slice(3, 6)}-00${chance.slice(6)}${number}`;
  }
}
