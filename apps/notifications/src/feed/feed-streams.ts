import type { FeedCursor, Placed } from './feed.store.js';

/** Somebody who follows their feed. */
export interface FeedStream {
  readonly personId: string;
  /** What was sent last; moved on by whoever sends. */
  position: number;
  /** Whether there is room to send more: a slow reader's feed waits in the database, not in memory. */
  readonly ready: () => boolean;
  readonly send: (news: readonly Placed[]) => void;
}

interface Options {
  readonly read: (cursors: readonly FeedCursor[], limit: number) => Promise<(Placed & { cursor: number })[]>;
  readonly onError: (error: unknown) => void;
}

export const streamsPerPerson = 5;
const streamsAtMost = 2_000;
const streamsPerRead = 200;
const newsPerRead = 50;

/**
 * Sends what is new to all open streams. Told that feeds have grown, somewhere, it asks the database once for all
 * streams; told again meanwhile, it asks once more afterwards.
 */
export class FeedStreams {
  private readonly streams = new Set<FeedStream>();
  private running = false;
  private again = false;

  constructor(private readonly options: Options) {}

  /** Follows a feed from its position on; false when there are too many streams, of this person or of all. */
  open(stream: FeedStream): boolean {
    const own = [...this.streams].filter(({ personId }) => personId === stream.personId).length;
    if (own >= streamsPerPerson || this.streams.size >= streamsAtMost) return false;
    this.streams.add(stream);
    this.wake();
    return true;
  }

  close(stream: FeedStream): void {
    this.streams.delete(stream);
  }

  /** Looks for news; to be called when there may be some, and when a stream has room again. */
  wake(): void {
    this.again = true;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.again) {
      this.again = false;
      try {
        const ready = [...this.streams].filter((stream) => stream.ready());
        for (let from = 0; from < ready.length; from += streamsPerRead) {
          await this.serve(ready.slice(from, from + streamsPerRead));
        }
      } catch (error) {
        // The next wake tries again; nothing was sent, so nothing is lost.
        this.options.onError(error);
      }
    }
    this.running = false;
  }

  private async serve(streams: readonly FeedStream[]): Promise<void> {
    const read = await this.options.read(
      streams.map(({ personId, position }) => ({ personId, position })),
      newsPerRead,
    );
    for (const [cursor, news] of Map.groupBy(read, (item) => item.cursor)) {
      const stream = streams[cursor];
      const last = news.at(-1);
      if (stream === undefined || last === undefined || !this.streams.has(stream)) continue;
      // It may have ended, or filled up, while we read.
      if (!stream.ready()) continue;
      stream.send(news);
      stream.position = last.position;
      if (news.length === newsPerRead) this.again = true;
    }
  }
}
