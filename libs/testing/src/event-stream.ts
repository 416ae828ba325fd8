import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** One event of a stream, as a browser's EventSource would give it. */
export interface StreamedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Reads Server-Sent Events from one connection; unlike EventSource it does not connect again by itself. */
export class EventStreamReader {
  /** What came so far, in order. */
  readonly events: StreamedEvent[] = [];
  /** Resolves when the stream has ended, whoever ended it. */
  readonly ended: Promise<void>;
  private arrived = Promise.withResolvers<void>();

  private constructor(
    body: AsyncIterable<Buffer>,
    private readonly ending: AbortController,
  ) {
    this.ended = this.read(body);
  }

  /** Resolves when the stream has begun; rejects with the answer where it is none. */
  static async open(url: string, headers: Record<string, string>): Promise<EventStreamReader> {
    const ending = new AbortController();
    const { statusCode, body } = await request(url, {
      headers: { accept: 'text/event-stream', ...headers },
      bodyTimeout: 0,
      signal: ending.signal,
    });
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${await body.text()}`);
    return new EventStreamReader(body, ending);
  }

  /** The first `count` events; rejects when there are fewer after `withinMs`. */
  async first(count: number, withinMs = 30_000): Promise<StreamedEvent[]> {
    const late = sleep(withinMs, 'late', { ref: false });
    while (this.events.length < count) {
      if ((await Promise.race([this.arrived.promise, late])) === 'late') {
        throw new Error(`${this.events.length} of ${count} events came within ${withinMs} ms`);
      }
    }
    return this.events.slice(0, count);
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.ended;
  }

  private async read(body: AsyncIterable<Buffer>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const part of body) {
        const blocks = (text + decoder.decode(part, { stream: true })).split('\n\n');
        text = blocks.pop() ?? '';
        this.take(blocks);
      }
    } catch {
      // Broken off, by us or by the other side: for a reader that is its end.
    }
  }

  private take(blocks: readonly string[]): void {
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => splitField(line)));
      const data = fields.get('data');
      if (data === undefined) continue;
      this.events.push({ id: fields.get('id') ?? '', type: fields.get('event') ?? 'message', data });
    }
    this.arrived.resolve();
    this.arrived = Promise.withResolvers();
  }
}

function splitField(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
