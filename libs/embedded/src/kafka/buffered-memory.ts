import { limits } from './limits.js';

interface Holder {
  /** Ends the connection and lets go of what it holds, at once. */
  cutOff(reason: string): void;
}

/**
 * Counts the bytes of requests and of unread answers that all connections of a broker hold. When they are too many, it is the connection
 * that holds most that is cut off, of equals the first: not whoever comes next.
 */
export class BufferedMemory {
  #usedBytes = 0;
  readonly #holders = new Map<Holder, number>();

  /** Says how much a connection holds from now on. */
  hold(holder: Holder, bytes: number): void {
    this.#usedBytes += bytes - (this.#holders.get(holder) ?? 0);
    if (bytes > 0) this.#holders.set(holder, bytes);
    else this.#holders.delete(holder);
    while (this.#usedBytes > limits.bufferedBytes) this.#cutOffGreediest();
  }

  #cutOffGreediest(): void {
    let [greediest, most] = [...this.#holders][0] as [Holder, number];
    for (const [holder, bytes] of this.#holders) if (bytes > most) [greediest, most] = [holder, bytes];
    greediest.cutOff('more requests and unread answers than the broker has memory for');
  }
}
