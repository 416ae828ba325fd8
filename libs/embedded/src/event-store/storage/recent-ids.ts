/**
 * Finds the latest events by id, for appends that are repeated without saying which revision they expect. At least
 * `limit` events are remembered, at most twice as many: the older half is forgotten at once, which is cheap.
 */
export class RecentIds {
  private recent = new Map<string, number>();
  private older = new Map<string, number>();

  constructor(private readonly limit: number) {}

  add(id: Buffer, sequence: number): void {
    if (this.recent.size >= this.limit) {
      this.older = this.recent;
      this.recent = new Map();
    }
    this.recent.set(id.toString('latin1'), sequence);
  }

  find(id: Buffer): number | undefined {
    const key = id.toString('latin1');
    return this.recent.get(key) ?? this.older.get(key);
  }
}
