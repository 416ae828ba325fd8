type Listener = () => void;

/** Tells those who wait for new events of one stream, or of any. */
export class Watchers {
  private readonly ofAll = new Set<Listener>();
  private readonly ofStream = new Map<string, Set<Listener>>();
  private readonly touched = new Set<Listener>();

  /** Calls `listener` after new events have become visible in a stream (undefined: anywhere); returns what ends it. */
  watch(stream: string | undefined, listener: Listener): () => void {
    if (stream === undefined) {
      this.ofAll.add(listener);
      return () => this.ofAll.delete(listener);
    }
    const listeners = this.ofStream.get(stream) ?? new Set();
    this.ofStream.set(stream, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.ofStream.get(stream) === listeners) this.ofStream.delete(stream);
    };
  }

  /** Notes that a stream has a new event. */
  touch(stream: string): void {
    if (this.ofStream.size === 0) return;
    for (const listener of this.ofStream.get(stream) ?? []) this.touched.add(listener);
  }

  /** Calls everyone concerned by what was touched. */
  wake(): void {
    const listeners = [...this.touched, ...this.ofAll];
    this.touched.clear();
    for (const listener of listeners) listener();
  }
}
