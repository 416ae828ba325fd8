/** Somebody rings, somebody waits; a ring that nobody waits for is kept for the next one who does. */
export class Bell {
  #rung = false;
  #answer: () => void = () => undefined;

  ring(): void {
    this.#rung = true;
    this.#answer();
  }

  /** True when it rang, false after `limitMs` or when `signal` aborts. */
  async wait(limitMs: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted) await this.#silence(limitMs, signal);
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  async #silence(limitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#answer = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }
}
