import type { History, Step } from '../history/steps.js';
import { runHistory, type Outcome } from './run.js';

/** Runs of a history that is made smaller, at most: each takes less time than the one before. */
const MOST_RUNS = 2_000;

/** Sizes of a segment that are tried: with few events in one, a snapshot needs few commands. */
const SEGMENTS = [1, 4, 16];

/**
 * The smallest history that was found in which the product and the model still differ, whatever in: what comes after the
 * difference is left out, then steps in ever smaller chunks, then single commands (delta debugging).
 */
export async function shrink({ history, divergence }: Outcome): Promise<Outcome> {
  const search = new Search(history);
  if (divergence !== undefined) await search.accepts(history.steps.slice(0, divergence.step + 1));
  for (let length = -1; length !== search.size;) {
    length = search.size;
    await search.withSmallerSegments();
    for (
      let chunk = Math.ceil(search.steps.length / 2);
      chunk >= 1;
      chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
    ) {
      await search.withoutChunks(chunk);
    }
    await search.withoutOrders();
  }
  return runHistory(search.history);
}

class Search {
  #runs = 0;

  constructor(public history: History) {}

  get steps(): readonly Step[] {
    return this.history.steps;
  }

  /** Steps and commands. */
  get size(): number {
    return this.steps.reduce((sum, step) => sum + 1 + (step.do === 'send' ? step.orders.length : 0), 0);
  }

  /** Whether these steps differ, too; then they are those to go on with. */
  async accepts(steps: readonly Step[], segmentEvents = this.history.segmentEvents): Promise<boolean> {
    this.#runs += 1;
    if (this.#runs > MOST_RUNS) return false;
    const history = { ...this.history, segmentEvents, steps };
    const { divergence } = await runHistory(history);
    if (divergence !== undefined) this.history = history;
    return divergence !== undefined;
  }

  async withSmallerSegments(): Promise<void> {
    for (const segmentEvents of SEGMENTS) {
      if (segmentEvents >= this.history.segmentEvents || (await this.accepts(this.steps, segmentEvents)))
        return;
    }
  }

  async withoutChunks(length: number): Promise<void> {
    for (let from = this.steps.length - length; from > -length; from -= length) {
      const start = Math.max(0, from);
      await this.accepts(this.steps.toSpliced(start, from + length - start));
    }
  }

  async withoutOrders(): Promise<void> {
    for (let at = 0; at < this.steps.length; at += 1) {
      const step = this.steps[at] as Step;
      if (step.do !== 'send') continue;
      let { orders } = step;
      for (let n = orders.length - 1; n >= 0 && orders.length > 1; n -= 1) {
        const fewer = orders.toSpliced(n, 1);
        if (await this.accepts(this.steps.with(at, { ...step, orders: fewer }))) orders = fewer;
      }
    }
  }
}
