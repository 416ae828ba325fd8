import type { RecordedEvent } from './record-format.js';
import { initialRetention, type Retention } from './retention.js';

/** One stream: the sequence numbers of its events by revision, first as accepted and, once synced, as visible. */
export class StreamEntry {
  readonly sequences: number[] = [];
  visibleEvents = 0;
  accepted: Retention;
  visible: Retention;

  constructor(
    readonly id: number,
    readonly name: string,
  ) {
    this.accepted = initialRetention(name);
    this.visible = this.accepted;
  }

  /** The last accepted revision, -1 when there is none. */
  get lastRevision(): number {
    return this.sequences.length - 1;
  }

  /** The first visible revision that is still there, whatever its age. */
  get firstVisible(): number {
    const { truncateBefore, maxCount } = this.visible;
    return Math.max(0, Math.min(truncateBefore, this.visibleEvents), this.visibleEvents - maxCount);
  }

  /** The revision of one of this stream's events. */
  revisionOf(sequence: number): number {
    let low = 0;
    let high = this.sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sequences[middle] as number) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const ROWS_PER_CHUNK = 1 << 16;
const ID_BYTES = 16;

interface Chunk {
  readonly positions: Float64Array;
  readonly bytes: Uint32Array;
  readonly streams: Uint32Array;
  readonly types: Uint32Array;
  readonly ids: Buffer;
}

/**
 * What is known of every event without reading it, by sequence number (0 is the first event of the log): 36 bytes each, in
 * columns that grow without being copied; and the names of streams and types. The events themselves stay in the log.
 */
export class EventIndex {
  private readonly chunks: Chunk[] = [];
  private readonly streamsByName = new Map<string, StreamEntry>();
  private readonly streams: StreamEntry[] = [];
  private readonly typeIds = new Map<string, number>();
  private readonly types: string[] = [];
  /** Events in the index, visible or not. */
  size = 0;
  /** Events with a lower sequence number are visible. */
  visibleSize = 0;

  add(event: RecordedEvent, stream: StreamEntry, typeId: number): number {
    const sequence = this.size++;
    const row = sequence % ROWS_PER_CHUNK;
    if (row === 0) this.chunks.push(newChunk());
    const chunk = this.chunkOf(sequence);
    chunk.positions[row] = event.position;
    chunk.bytes[row] = event.bytes;
    chunk.streams[row] = stream.id;
    chunk.types[row] = typeId;
    chunk.ids.set(event.id, row * ID_BYTES);
    return sequence;
  }

  position(sequence: number): number {
    return this.chunkOf(sequence).positions[sequence % ROWS_PER_CHUNK] as number;
  }

  bytes(sequence: number): number {
    return this.chunkOf(sequence).bytes[sequence % ROWS_PER_CHUNK] as number;
  }

  stream(sequence: number): StreamEntry {
    return this.streams[this.chunkOf(sequence).streams[sequence % ROWS_PER_CHUNK] as number] as StreamEntry;
  }

  typeId(sequence: number): number {
    return this.chunkOf(sequence).types[sequence % ROWS_PER_CHUNK] as number;
  }

  typeName(typeId: number): string {
    return this.types[typeId] as string;
  }

  hasId(sequence: number, id: Buffer): boolean {
    const at = (sequence % ROWS_PER_CHUNK) * ID_BYTES;
    return this.chunkOf(sequence).ids.compare(id, 0, ID_BYTES, at, at + ID_BYTES) === 0;
  }

  id(sequence: number): Buffer {
    const at = (sequence % ROWS_PER_CHUNK) * ID_BYTES;
    return this.chunkOf(sequence).ids.subarray(at, at + ID_BYTES);
  }

  /** The first visible event at or after a position. */
  firstAt(position: number): number {
    let low = 0;
    let high = this.visibleSize;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.position(middle) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  findStream(name: string): StreamEntry | undefined {
    return this.streamsByName.get(name);
  }

  streamNamed(name: string): StreamEntry {
    let stream = this.streamsByName.get(name);
    if (stream === undefined) {
      stream = new StreamEntry(this.streams.length, name);
      this.streams.push(stream);
      this.streamsByName.set(name, stream);
    }
    return stream;
  }

  typeNamed(name: string): number {
    let id = this.typeIds.get(name);
    if (id === undefined) {
      id = this.types.length;
      this.types.push(name);
      this.typeIds.set(name, id);
    }
    return id;
  }

  private chunkOf(sequence: number): Chunk {
    return this.chunks[Math.floor(sequence / ROWS_PER_CHUNK)] as Chunk;
  }
}

function newChunk(): Chunk {
  return {
    positions: new Float64Array(ROWS_PER_CHUNK),
    bytes: new Uint32Array(ROWS_PER_CHUNK),
    streams: new Uint32Array(ROWS_PER_CHUNK),
    types: new Uint32Array(ROWS_PER_CHUNK),
    ids: Buffer.alloc(ROWS_PER_CHUNK * ID_BYTES),
  };
}
