import type { Book } from '../model/book.js';
import { accounts } from './accounts.js';
import { Orders } from './orders.js';
import { Random } from './random.js';
import { fates, writers, type Fate, type Order, type Step } from './steps.js';

/** What a history is drawn from, as far as it has gone. */
export interface Scene {
  readonly truth: Book;
  readonly nowMs: number;
  /** Commands whose outcome nobody knows. */
  readonly unknown: readonly Order[];
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** Commands that may come again. */
const REMEMBERED = 200;

/** Events of a snapshot's segment: few in most histories, so that there are many snapshots; too many for one in some. */
export function segmentEventsOf(seed: number): number {
  return [32, 64, 128, 256, 100_000][seed % 5] as number;
}

/** Draws the steps of one history; the same seed, on a product that does as it should, draws the same. */
export class Generator {
  readonly #random: Random;
  readonly #orders: Orders;
  readonly #recent: Order[] = [];
  #isHeld = false;
  #opened = false;

  constructor(
    seed: number,
    private readonly scene: Scene,
  ) {
    this.#random = new Random(seed);
    this.#orders = new Orders(this.#random, scene.truth, () => scene.nowMs, this.#random.oneIn(4));
  }

  next(): Step {
    if (!this.#opened) {
      this.#opened = true;
      return { do: 'send', to: 0, orders: accounts.filter(() => !this.#random.oneIn(5)) };
    }
    return this.#random.weighted<() => Step>([
      [500, () => this.#send()],
      [160, () => ({ do: 'clock', byMs: this.#jump() })],
      [60, () => this.#hold()],
      [40, () => ({ do: 'keep', ...this.#fates(6) })],
      [12, () => this.#again()],
      [4, () => ({ do: 'restart', writer: this.#random.one(writers) })],
      [6, () => ({ do: 'arrive' })],
      [20, () => ({ do: 'look', writer: this.#random.oneIn(8) ? 1 : 0 })],
      [25, () => this.#sendAll()],
    ])();
  }

  #send(): Step {
    const length = this.#random.weighted([
      [6, 1],
      [3, 2],
      [3, 1 + this.#random.below(6)],
      [1, 8 + this.#random.below(20)],
    ]);
    const orders = Array.from({ length }, () => this.#order());
    return { do: 'send', to: this.#random.oneIn(70) ? 1 : 0, orders, ...this.#fates(50) };
  }

  /** Entries all or nothing: a few, that may well be possible together. */
  #sendAll(): Step {
    const drawn = Array.from({ length: 6 }, () => this.#order());
    const orders = drawn.filter(({ type }) => type === 'PostEntry').slice(0, 1 + this.#random.below(4));
    return { do: 'send', to: 0, orders, all: true, ...this.#fates(20) };
  }

  /** A command: new, or one that came before, at once or long ago. */
  #order(): Order {
    if (this.#recent.length > 0 && this.#random.oneIn(14))
      return this.#orders.again(this.#random.one(this.#recent));
    const order = this.#orders.draw();
    if (this.#recent.length === REMEMBERED) this.#recent[this.#random.below(REMEMBERED)] = order;
    else this.#recent.push(order);
    return order;
  }

  /** What has no outcome yet comes again, in whatever order. */
  #again(): Step {
    const { unknown } = this.scene;
    if (unknown.length === 0) return this.#send();
    const orders = unknown.filter(() => !this.#random.oneIn(4));
    return { do: 'send', to: 0, orders: this.#random.oneIn(2) ? orders : orders.toReversed() };
  }

  #hold(): Step {
    this.#isHeld = !this.#isHeld;
    return this.#isHeld ? { do: 'hold', writer: 0 } : { do: 'let-go', writer: 0, ...this.#fates(5) };
  }

  /** Once in `n` times something goes wrong. */
  #fates(n: number): { fates?: readonly Fate[] } {
    if (!this.#random.oneIn(n)) return {};
    const before = Array.from({ length: this.#random.below(3) }, (): Fate => 'done');
    return { fates: [...before, this.#random.one(fates)] };
  }

  #jump(): number {
    return this.#random.weighted([
      [20, this.#random.below(2 * SECOND)],
      [10, this.#random.below(HOUR)],
      [4, -this.#random.below(HOUR)],
      [2, this.#random.below(DAY)],
      [1, -this.#random.below(3 * DAY)],
      [1, this.#random.below(9 * DAY)],
    ]);
  }
}
